package com.limiquantix.agent.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What fuzzers found, kept as files where Jazzer leaves and looks for them. */
public final class KeptInputs {
  private KeptInputs() {}

  /** The inputs of the fuzz test with this name; none if nothing was found yet. */
  public static Stream<byte[]> of(Class<?> testClass, String fuzzTest) {
    URL folder = testClass.getResource(testClass.getSimpleName() + "Inputs/" + fuzzTest);
    if (folder == null) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      List<byte[]> inputs = files.sorted().map(KeptInputs::read).toList();
      return inputs.stream();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
