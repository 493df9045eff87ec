package com.limiquantix.agent.protocol;

/** The protocols that the two ends of a link may speak; which, each end decides for itself. */
public enum ProtocolVersion {
  /** What deployed peers speak: one message per frame, neither checksum nor session. */
  V1,

  /** Sessions of gRPC calls. Preferred wherever both ends can. */
  V2
}
