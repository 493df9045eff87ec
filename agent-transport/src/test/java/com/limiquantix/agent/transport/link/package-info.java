/** The contract of links, and what tests of the layers above put between two links. */
@NullMarked
package com.limiquantix.agent.transport.link;

import org.jspecify.annotations.NullMarked;
