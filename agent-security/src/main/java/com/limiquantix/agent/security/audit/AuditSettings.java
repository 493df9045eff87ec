package com.limiquantix.agent.security.audit;

import java.nio.file.Path;

/**
 * Where records are kept.
 *
 * @param file what is written; only its owner may read it
 * @param maxBytes size at which it is rotated
 * @param maxFiles rotated files that are kept beside it, 1 or more
 */
public record AuditSettings(Path file, long maxBytes, int maxFiles) {}
