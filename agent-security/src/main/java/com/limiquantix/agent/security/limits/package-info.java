/** How much a host may ask for: rates, and how much of it at the same time. */
@NullMarked
package com.limiquantix.agent.security.limits;

import org.jspecify.annotations.NullMarked;
