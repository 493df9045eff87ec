@NullMarked
package com.limiquantix.agent.security.policy;

import org.jspecify.annotations.NullMarked;
