@NullMarked
package com.limiquantix.agent.app.config;

import org.jspecify.annotations.NullMarked;
