/** What the agent tells without being asked each time. */
@NullMarked
package com.limiquantix.agent.handlers.event;

import org.jspecify.annotations.NullMarked;
