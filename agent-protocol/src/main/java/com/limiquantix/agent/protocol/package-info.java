/**
 * What host and guest agree on besides the messages themselves: limits, capability names, who the
 * peer is, and the table that ties version 1 payloads to gRPC methods.
 */
@NullMarked
package com.limiquantix.agent.protocol;

import org.jspecify.annotations.NullMarked;
