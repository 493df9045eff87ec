/** gRPC over any duplex byte stream: the channel for hosts and the server for agents. */
@NullMarked
package com.limiquantix.agent.transport;

import org.jspecify.annotations.NullMarked;
