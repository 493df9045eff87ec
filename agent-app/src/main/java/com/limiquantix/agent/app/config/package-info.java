/**
 * The agent's configuration: its values, the strict reader of its file, its rendering, and what a
 * reload changes. The keys are described in {@code docs/configuration.md}.
 */
@NullMarked
package com.limiquantix.agent.app.config;

import org.jspecify.annotations.NullMarked;
