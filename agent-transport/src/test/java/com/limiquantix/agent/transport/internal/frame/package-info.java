/** Tests of frames: bytes in, frames out, whatever happened to the bytes. */
@NullMarked
package com.limiquantix.agent.transport.internal.frame;

import org.jspecify.annotations.NullMarked;
