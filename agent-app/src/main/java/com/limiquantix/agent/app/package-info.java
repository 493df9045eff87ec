/** The agent as a program, and as a part of others. */
@NullMarked
package com.limiquantix.agent.app;

import org.jspecify.annotations.NullMarked;
