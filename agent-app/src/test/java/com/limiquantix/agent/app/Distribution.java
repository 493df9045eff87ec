package com.limiquantix.agent.app;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The agent as administrators get it: launcher and libraries in their folders. Made of the class
 * path of the test, because the real one is packed after the tests have run.
 */
final class Distribution {
  private static final Path LAUNCHERS = Path.of("src/main/scripts");

  private final Path home;
  private final List<String> command;

  private Distribution(Path home, List<String> command) {
    this.home = home;
    this.command = List.copyOf(command);
  }

  /** Lays it out in an empty directory. */
  static Distribution in(Path home) throws IOException {
    Path lib = Files.createDirectories(home.resolve("lib"));
    Path bin = Files.createDirectories(home.resolve("bin"));
    Path launcher = script("limiquantix-agent", bin);
    script("qx-guest", bin);
    script("archive-classes", lib);
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path source = Path.of(entry);
      Path target = lib.resolve(number++ + "-" + source.getFileName() + ".jar");
      if (Files.isDirectory(source)) {
        pack(source, target);
      } else if (Files.exists(source)) {
        Files.copy(source, target);
      }
    }
    return new Distribution(home, List.of(launcher.toString()));
  }

  private static Path script(String name, Path directory) throws IOException {
    Path script = Files.copy(LAUNCHERS.resolve(name), directory.resolve(name));
    if (!script.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + script + " executable");
    }
    return script;
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream packed = new JarOutputStream(out);
        Stream<Path> all = Files.walk(classes)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        packed.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, packed);
        packed.closeEntry();
      }
    }
  }

  /** The same, started with this soft limit of open files, getrlimit(2). */
  Distribution withOpenFiles(int limit) {
    return startedBy("ulimit -Sn " + limit + "; exec \"$@\"");
  }

  /** The same, started with these options for the JVM, which hold no quotes. */
  Distribution withJavaOptions(String options) {
    return startedBy("LIMIQUANTIX_AGENT_JAVA_OPTS='" + options + "' exec \"$@\"");
  }

  /** The same, started without standard input, output and error. */
  Distribution withoutStandardStreams() {
    return startedBy("exec \"$@\" <&- >&- 2>&-");
  }

  private Distribution startedBy(String script) {
    List<String> started = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
    started.addAll(command);
    return new Distribution(home, started);
  }

  /** A file of it, such as {@code lib/archive-classes}. */
  Path file(String name) {
    return home.resolve(name);
  }

  /** The command line that starts the agent. */
  List<String> command() {
    return command;
  }
}
