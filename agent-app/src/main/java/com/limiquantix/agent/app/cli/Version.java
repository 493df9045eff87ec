package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version of this program, from what Maven writes into every jar. */
final class Version implements IVersionProvider {
  private static final String RESOURCE =
      "/META-INF/maven/com.limiquantix.agent/agent-app/pom.properties";

  @Override
  public String[] getVersion() {
    return new String[] {"qx-guest " + number()};
  }

  private static String number() {
    try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        return "(not built as a jar)";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "(unknown)");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
