package com.limiquantix.agent.transport.grpc;

/** Draft. */
public abstract class HooksSuite extends GrpcSemanticsTest {}
