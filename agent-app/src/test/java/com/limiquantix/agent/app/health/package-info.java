@NullMarked
package com.limiquantix.agent.app.health;

import org.jspecify.annotations.NullMarked;
