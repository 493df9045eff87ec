package com.limiquantix.agent.transport.grpc;

/** Draft. */
public abstract class MisuseSuite extends GrpcSemanticsTest {}
