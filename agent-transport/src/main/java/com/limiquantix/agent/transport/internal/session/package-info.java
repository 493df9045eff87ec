/** Version 2 sessions: handshake, calls multiplexed over one link, credit, and what goes first. */
@NullMarked
package com.limiquantix.agent.transport.internal.session;

import org.jspecify.annotations.NullMarked;
