/**
 * Both sides of version 1 as they are deployed, written from the description of its wire alone.
 * Nothing here may use the product's code, so that the two agree because both are right.
 */
@NullMarked
package com.limiquantix.agent.app.v1peer;

import org.jspecify.annotations.NullMarked;
