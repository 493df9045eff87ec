/** What the handlers know of Linux: its files under /proc and its C library. */
@NullMarked
package com.limiquantix.agent.handlers.platform.linux;

import org.jspecify.annotations.NullMarked;
