@NullMarked
package com.limiquantix.agent.app;

import org.jspecify.annotations.NullMarked;
