/**
 * What a host needs beyond the generated stubs: finding, following and sharing virtual machines.
 */
@NullMarked
package com.limiquantix.agent.transport.client;

import org.jspecify.annotations.NullMarked;
