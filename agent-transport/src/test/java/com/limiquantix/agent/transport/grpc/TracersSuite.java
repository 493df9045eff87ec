package com.limiquantix.agent.transport.grpc;

/** Draft. */
public abstract class TracersSuite extends GrpcSemanticsTest {}
