/** Rules that hold the modules apart. */
@NullMarked
package com.limiquantix.agent.app.architecture;

import org.jspecify.annotations.NullMarked;
