@NullMarked
package com.limiquantix.agent.security;

import org.jspecify.annotations.NullMarked;
