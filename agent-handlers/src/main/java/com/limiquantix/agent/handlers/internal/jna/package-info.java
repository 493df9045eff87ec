/** The libc calls that the handlers make. Not for embedders. */
@NullMarked
package com.limiquantix.agent.handlers.internal.jna;

import org.jspecify.annotations.NullMarked;
