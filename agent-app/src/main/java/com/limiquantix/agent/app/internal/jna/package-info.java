/** Native calls of the programs, and no more of them than they make. */
@NullMarked
package com.limiquantix.agent.app.internal.jna;

import org.jspecify.annotations.NullMarked;
