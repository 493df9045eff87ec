/**
 * {@code qx-guest}, the host's command line: it parses, calls the agent's gRPC services and prints.
 */
@NullMarked
package com.limiquantix.agent.app.cli;

import org.jspecify.annotations.NullMarked;
