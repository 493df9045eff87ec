package com.limiquantix.agent.app.config;

/** Writes a configuration as the file that would give it. */
public final class ConfigRenderer {

  private ConfigRenderer() {}

  /**
   * Returns every key with its value, in a fixed order, with its purpose, unit, range and default
   * as comments. Reading the text gives an equal configuration.
   */
  public static String render(AgentConfig config) {
    StringBuilder out = new StringBuilder();
    renderSection(Schema.TOP, config, out);
    for (String section : Schema.SECTIONS) {
      out.append('\n').append(section).append(":\n");
      renderSection(section, config, out);
    }
    return out.toString();
  }

  private static void renderSection(String section, AgentConfig config, StringBuilder out) {
    String indent = section.isEmpty() ? "" : "  ";
    String gap = "";
    for (ConfigKey<?> key : Schema.KEYS) {
      if (key.section().equals(section)) {
        out.append(gap).append(indent).append("# ").append(key.purpose()).append('\n');
        out.append(indent).append("# ").append(facts(key)).append('\n');
        out.append(indent).append(key.name()).append(": ").append(key.rendered(config));
        out.append('\n');
        gap = "\n";
      }
    }
  }

  private static String facts(ConfigKey<?> key) {
    return "Takes "
        + key.type().accepts()
        + ". Default: "
        + key.rendered(AgentConfig.defaults())
        + (key.reloadable() ? ". Reloaded by SIGHUP." : ". A change needs a restart.");
  }
}
