/** The agent's own log: one record per line, in a form that no logged text can forge. */
@NullMarked
package com.limiquantix.agent.app.logging;

import org.jspecify.annotations.NullMarked;
