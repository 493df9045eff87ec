/** What every agent answers whatever else it can do: ping and capabilities. */
@NullMarked
package com.limiquantix.agent.handlers.core;

import org.jspecify.annotations.NullMarked;
