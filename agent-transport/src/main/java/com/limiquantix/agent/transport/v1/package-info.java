/**
 * Version 1 of the wire, which deployed hosts and agents speak, on both ends of a link: its frames
 * become calls of the same methods, and calls become its frames.
 */
@NullMarked
package com.limiquantix.agent.transport.v1;

import org.jspecify.annotations.NullMarked;
