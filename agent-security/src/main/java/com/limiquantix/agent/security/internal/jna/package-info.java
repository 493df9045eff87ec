/** The libc calls that judge and open files. Not for embedders. */
@NullMarked
package com.limiquantix.agent.security.internal.jna;

import org.jspecify.annotations.NullMarked;
