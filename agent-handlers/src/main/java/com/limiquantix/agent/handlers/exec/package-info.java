/** Commands in the guest: the Execute call and what runs its processes. */
@NullMarked
package com.limiquantix.agent.handlers.exec;

import org.jspecify.annotations.NullMarked;
