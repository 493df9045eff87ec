/** System calls that only tests need. */
@NullMarked
package com.limiquantix.agent.transport.internal.jna;

import org.jspecify.annotations.NullMarked;
