/** Both roles of version 1 against each other. */
@NullMarked
package com.limiquantix.agent.transport.v1;

import org.jspecify.annotations.NullMarked;
