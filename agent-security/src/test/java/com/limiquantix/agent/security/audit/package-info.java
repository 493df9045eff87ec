@NullMarked
package com.limiquantix.agent.security.audit;

import org.jspecify.annotations.NullMarked;
