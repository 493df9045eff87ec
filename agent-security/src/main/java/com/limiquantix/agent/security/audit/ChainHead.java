package com.limiquantix.agent.security.audit;

/**
 * The last record of a chain, which vouches for all before it.
 *
 * @param sequence its number; 0 if there is none yet
 * @param hash as {@link AuditRecord#hash}; of no record 64 zeros
 */
public record ChainHead(long sequence, String hash) {
  /** Before the first record. */
  static final ChainHead NONE = new ChainHead(0, "0".repeat(64));
}
