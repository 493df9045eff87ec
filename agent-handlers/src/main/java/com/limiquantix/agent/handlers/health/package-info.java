/** gRPC's health service. */
@NullMarked
package com.limiquantix.agent.handlers.health;

import org.jspecify.annotations.NullMarked;
