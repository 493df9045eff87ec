package com.limiquantix.agent.handlers.platform.linux;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The samples under the test resources, laid out as /proc is. */
final class Samples {
  private Samples() {}

  static Path proc(String system) {
    try {
      URL directory = Objects.requireNonNull(Samples.class.getResource(system), system);
      return Path.of(directory.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static AsciiScanner scanner(String system, String file) throws IOException {
    byte[] bytes = Files.readAllBytes(proc(system).resolve(file));
    return new AsciiScanner(file, bytes, bytes.length);
  }

  static AsciiScanner text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new AsciiScanner("text", bytes, bytes.length);
  }
}
