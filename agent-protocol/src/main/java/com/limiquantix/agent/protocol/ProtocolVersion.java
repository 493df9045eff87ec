package com.limiquantix.agent.protocol;

import io.grpc.Attributes;

/** The protocols that the two ends of a link may speak; which, each end decides for itself. */
public enum ProtocolVersion {
  /** What deployed peers speak: one message per frame, neither checksum nor session. */
  V1,

  /** Sessions of gRPC calls. Preferred wherever both ends can. */
  V2;

  /** Where a served call's protocol is found in its {@code Attributes}. */
  public static final Attributes.Key<ProtocolVersion> KEY =
      Attributes.Key.create("com.limiquantix.agent.protocol");
}
