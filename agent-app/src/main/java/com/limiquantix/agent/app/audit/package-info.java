/** Where audit records go beside their file, and the command that checks them. */
@NullMarked
package com.limiquantix.agent.app.audit;

import org.jspecify.annotations.NullMarked;
