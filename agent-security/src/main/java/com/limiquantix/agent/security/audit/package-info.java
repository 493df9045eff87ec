/** The record of what hosts have asked for: one line for each call, chained by hashes. */
@NullMarked
package com.limiquantix.agent.security.audit;

import org.jspecify.annotations.NullMarked;
