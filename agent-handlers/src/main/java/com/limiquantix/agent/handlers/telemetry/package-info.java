/** How the guest is doing: what is measured, and who is told how often. */
@NullMarked
package com.limiquantix.agent.handlers.telemetry;

import org.jspecify.annotations.NullMarked;
