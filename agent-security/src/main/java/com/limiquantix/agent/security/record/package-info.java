/**
 * Records on their way to a file: a bounded queue, one thread that writes, rotation. For the log
 * and for audit.
 */
@NullMarked
package com.limiquantix.agent.security.record;

import org.jspecify.annotations.NullMarked;
