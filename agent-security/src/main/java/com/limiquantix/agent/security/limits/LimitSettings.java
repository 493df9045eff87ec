package com.limiquantix.agent.security.limits;

/**
 * How much hosts may ask for. A rate or a number of bytes that is 0 sets no limit.
 *
 * @param commandsPerMinute commands that one host connection may start in a minute
 * @param commandsPerMinuteInSum commands that all of them together may start in a minute
 * @param fileOpsPerSecond file operations that one host connection may ask for in a second
 * @param fileOpsPerSecondInSum file operations that all of them together may ask for in a second
 * @param concurrentCalls calls of all connections that may be open at once, 1 or more
 * @param concurrentCommands calls that run a command and may be open at once, 1 or more
 * @param openTransfers file operations that may be open at once, 1 or more
 * @param bytesPerCall bytes of all messages of one call, both ways
 */
public record LimitSettings(
    int commandsPerMinute,
    int commandsPerMinuteInSum,
    int fileOpsPerSecond,
    int fileOpsPerSecondInSum,
    int concurrentCalls,
    int concurrentCommands,
    int openTransfers,
    long bytesPerCall) {}
