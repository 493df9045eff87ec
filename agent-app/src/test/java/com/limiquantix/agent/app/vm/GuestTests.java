package com.limiquantix.agent.app.vm;

import com.limiquantix.agent.app.Harness;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Test code in the guest, and how it is run there. */
final class GuestTests {
  private static final Path TRANSPORT = Path.of("../agent-transport/target/test-classes");

  /** One class of each library that tests need; where they were loaded from is what is copied. */
  private static final List<String> LIBRARIES =
      List.of(
          "org.junit.jupiter.api.Test",
          "org.junit.jupiter.params.ParameterizedTest",
          "org.junit.jupiter.engine.JupiterTestEngine",
          "org.junit.platform.commons.JUnitException",
          "org.junit.platform.engine.TestEngine",
          "org.junit.platform.launcher.Launcher",
          "org.opentest4j.AssertionFailedError",
          "org.assertj.core.api.Assertions",
          "net.bytebuddy.ByteBuddy");

  private static final String JAVA =
      "java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp"
          + " '/payload/tests/app:/payload/tests/transport:/payload/tests/lib/*"
          + ":/usr/lib/limiquantix-agent/lib/*' ";

  private GuestTests() {}

  /** Puts them on the disk of a VM that has not been booted yet. */
  static void bring(Vm vm) throws IOException {
    Path tests = Files.createDirectories(vm.payloadFile("tests"));
    if (!Files.exists(TRANSPORT)) {
      throw new IOException(TRANSPORT + " is missing; run mvn package");
    }
    copyTree(TRANSPORT, tests.resolve("transport"));
    copyTree(origin(Harness.class), tests.resolve("app"));
    Path libraries = Files.createDirectories(tests.resolve("lib"));
    Set<Path> jars = new LinkedHashSet<>();
    for (String name : LIBRARIES) {
      try {
        jars.add(origin(Class.forName(name)));
      } catch (ClassNotFoundException e) {
        throw new IOException(e);
      }
    }
    for (Path jar : jars) {
      Files.copy(jar, libraries.resolve(jar.getFileName().toString()));
    }
  }

  private static Path origin(Class<?> type) throws IOException {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path source : all.toList()) {
        Path target = to.resolve(from.relativize(source).toString());
        Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  /** The command that runs a program of ours in the guest. */
  static String command(Class<?> program, String... arguments) {
    return JAVA + program.getName() + " " + String.join(" ", arguments);
  }
}
