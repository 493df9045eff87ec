/** What a host may do in this guest, and the one place where it is decided. */
@NullMarked
package com.limiquantix.agent.security.policy;

import org.jspecify.annotations.NullMarked;
