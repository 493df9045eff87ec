@NullMarked
package com.limiquantix.agent.app.logging;

import org.jspecify.annotations.NullMarked;
