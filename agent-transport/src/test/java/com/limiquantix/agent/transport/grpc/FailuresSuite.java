package com.limiquantix.agent.transport.grpc;

/** Draft. */
public abstract class FailuresSuite extends GrpcSemanticsTest {}
