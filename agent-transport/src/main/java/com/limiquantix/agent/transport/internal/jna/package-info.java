/** The few system calls of the transport. Not for embedders. */
@NullMarked
package com.limiquantix.agent.transport.internal.jna;

import org.jspecify.annotations.NullMarked;
