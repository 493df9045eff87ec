@NullMarked
package com.limiquantix.agent.security.limits;

import org.jspecify.annotations.NullMarked;
