package com.limiquantix.agent.app.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small file system of a test's own. Tests are skipped where mounting is not possible. */
public final class Mounted implements AutoCloseable {
  private final Path directory;

  private Mounted(Path directory) {
    this.directory = directory;
  }

  /** A file system in memory. */
  public static Mounted tmpfs(Path directory, String size)
      throws IOException, InterruptedException {
    return mount(directory, List.of("-t", "tmpfs", "-o", "size=" + size, "tmpfs"));
  }

  /** A file system in a file, of a kind that can be frozen. */
  public static Mounted ext4(Path directory, Path image) throws IOException, InterruptedException {
    Files.write(image, new byte[8 << 20]);
    assumeTrue(run(List.of("mkfs.ext4", "-q", "-F", image.toString())), "mkfs.ext4 works");
    return mount(directory, List.of("-o", "loop", image.toString()));
  }

  private static Mounted mount(Path directory, List<String> what)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(what);
    command.add(directory.toString());
    assumeTrue(run(command), "mount works");
    return new Mounted(directory);
  }

  /** A file in it. */
  public Path resolve(String name) {
    return directory.resolve(name);
  }

  /** Takes all room that is left. */
  public void fill() throws IOException {
    byte[] block = new byte[4096];
    try (var out = Files.newOutputStream(resolve("filler"))) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  /** Gives back what {@link #fill} took. */
  public void free() throws IOException {
    Files.delete(resolve("filler"));
  }

  /** Makes whoever writes wait, fsfreeze(8), until {@link #thaw}. */
  public void freeze() throws IOException, InterruptedException {
    assumeTrue(run(List.of("fsfreeze", "-f", directory.toString())), "fsfreeze works");
  }

  /** Ends what {@link #freeze} began. */
  public void thaw() throws IOException, InterruptedException {
    assertThat(run(List.of("fsfreeze", "-u", directory.toString()))).isTrue();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    assertThat(run(List.of("umount", directory.toString()))).isTrue();
  }

  private static boolean run(List<String> command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return false;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    boolean done = process.waitFor() == 0;
    if (!done) {
      System.out.println(command + ": " + output.strip());
    }
    return done;
  }
}
