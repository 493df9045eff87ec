/** What stands between a call and its handler: server interceptors, in the order the agent sets. */
@NullMarked
package com.limiquantix.agent.security;

import org.jspecify.annotations.NullMarked;
