/** Version 2 frames: pure encoding and decoding, without links, threads or clocks. */
@NullMarked
package com.limiquantix.agent.transport.internal.frame;

import org.jspecify.annotations.NullMarked;
