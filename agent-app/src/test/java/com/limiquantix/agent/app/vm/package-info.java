/**
 * Tests against a real agent in a real VM, and the rig that boots it by {@code packaging/vm}. Run
 * by {@code mvn verify -Pvm}.
 */
@NullMarked
package com.limiquantix.agent.app.vm;

import org.jspecify.annotations.NullMarked;
