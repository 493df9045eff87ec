package com.limiquantix.agent.security.audit;

/**
 * A record as it was written.
 *
 * @param sequence its number, from 1
 * @param hash SHA-256 of the line without its line end, 64 lower-case hexadecimal digits; the next
 *     record repeats it
 * @param line one JSON object
 */
public record AuditRecord(long sequence, String hash, String line) {}
