/** The native calls of the programs. */
@NullMarked
package com.limiquantix.agent.app.internal.jna;

import org.jspecify.annotations.NullMarked;
