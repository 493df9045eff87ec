/** Duplex byte streams between one host and one agent, whatever they are made of. */
@NullMarked
package com.limiquantix.agent.transport.link;

import org.jspecify.annotations.NullMarked;
