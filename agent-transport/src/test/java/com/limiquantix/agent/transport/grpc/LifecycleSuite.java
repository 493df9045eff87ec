package com.limiquantix.agent.transport.grpc;

/** Draft. */
public abstract class LifecycleSuite extends GrpcSemanticsTest {}
