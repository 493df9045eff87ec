/** What a host needs beyond the generated stubs: finding the socket of a virtual machine. */
@NullMarked
package com.limiquantix.agent.transport.client;

import org.jspecify.annotations.NullMarked;
