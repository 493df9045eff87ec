package com.limiquantix.agent.security.audit;

/**
 * Where records go beside the file, once they are in it. Called by the thread that writes; must
 * neither wait nor throw.
 */
public interface AuditSink {
  /** Takes a record, or counts it as lost. */
  void accept(AuditRecord record);

  /** Nothing more comes. */
  default void close() {}
}
