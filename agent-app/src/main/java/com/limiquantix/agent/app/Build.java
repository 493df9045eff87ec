package com.limiquantix.agent.app;

import com.limiquantix.agent.handlers.core.BuildInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this code was built from, as the build wrote it beside the classes. */
final class Build {
  private Build() {}

  static BuildInfo info() {
    try (InputStream in = Build.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing beside " + Build.class);
      }
      Properties properties = new Properties();
      properties.load(in);
      return new BuildInfo(
          properties.getProperty("version", ""),
          properties.getProperty("time", ""),
          properties.getProperty("commit", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
