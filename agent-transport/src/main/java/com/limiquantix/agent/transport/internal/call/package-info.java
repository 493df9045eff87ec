/** gRPC's calls over a session's streams, on either side. */
@NullMarked
package com.limiquantix.agent.transport.internal.call;

import org.jspecify.annotations.NullMarked;
