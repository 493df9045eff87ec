package com.limiquantix.agent.transport.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;

/** Stands where a test has not started its pair yet. */
final class NoChannel extends Channel {

  @Override
  public <A, B> ClientCall<A, B> newCall(MethodDescriptor<A, B> method, CallOptions options) {
    throw new IllegalStateException("the test has started no pair");
  }

  @Override
  public String authority() {
    throw new IllegalStateException("the test has started no pair");
  }
}
