/** The agent's supervision of itself: what is looked at, when, and who is told. */
@NullMarked
package com.limiquantix.agent.app.health;

import org.jspecify.annotations.NullMarked;
