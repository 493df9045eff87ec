/** What every pair of a gRPC channel and a gRPC server must do, whatever carries the calls. */
@NullMarked
package com.limiquantix.agent.transport.grpc;

import org.jspecify.annotations.NullMarked;
