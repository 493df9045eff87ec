package com.limiquantix.agent.app.config;

import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * One key of the file: everything that reading, rendering, reloading and documentation need.
 *
 * @param section the section that holds it, or empty for the top level
 * @param name its name within the section
 * @param type what it takes
 * @param reloadable whether SIGHUP puts a new value into effect
 * @param purpose what it is for, in one line
 * @param <T> the value as the configuration holds it
 */
record ConfigKey<T>(
    String section,
    String name,
    ValueType<T> type,
    boolean reloadable,
    String purpose,
    Function<AgentConfig, T> get,
    BiConsumer<AgentConfigBuilder, T> set) {

  /** Returns the key with its section, {@code health.interval_secs}. */
  String path() {
    return section.isEmpty() ? name : section + "." + name;
  }

  T defaultValue() {
    return get.apply(AgentConfig.defaults());
  }

  String rendered(AgentConfig config) {
    return type.render(get.apply(config));
  }

  Optional<String> fault(AgentConfig config) {
    return type.fault(get.apply(config));
  }

  boolean isDefault(AgentConfig config) {
    return sameIn(config, AgentConfig.defaults());
  }

  boolean sameIn(AgentConfig a, AgentConfig b) {
    return get.apply(a).equals(get.apply(b));
  }

  /** Reads the value into the builder and returns whether it was acceptable. */
  boolean read(YamlNode node, AgentConfigBuilder into, ValueType.Faults faults) {
    Optional<T> value = type.read(node, faults);
    value.ifPresent(v -> set.accept(into, v));
    return value.isPresent();
  }

  /** Copies this key's value from one configuration to another that is being built. */
  void copy(AgentConfig from, AgentConfigBuilder into) {
    set.accept(into, get.apply(from));
  }
}
