/** Tests of sessions: endpoints, queues and calls over links. */
@NullMarked
package com.limiquantix.agent.transport.internal.session;

import org.jspecify.annotations.NullMarked;
