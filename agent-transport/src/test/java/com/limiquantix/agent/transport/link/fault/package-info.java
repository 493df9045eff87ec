/**
 * Faults between two real ends, for tests of the layers above links: all of them happen when the
 * test says so, and none needs a sleep.
 */
@NullMarked
package com.limiquantix.agent.transport.link.fault;

import org.jspecify.annotations.NullMarked;
