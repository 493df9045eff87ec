package com.limiquantix.agent.security.policy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Folders that may be read, folders that may not, and links between them. */
final class PathTree {
  static final String SECRET = "SECRET";
  static final String OPEN = "OPEN";

  final Path root;

  PathTree(Path root) throws IOException {
    this.root = root;
    file("secret/key", SECRET);
    file("secret/sub/deep/key", SECRET);
    file("single", SECRET);
    file("home/.ssh/id", SECRET);
    file("open/file", OPEN);
    file("open/dir/file", OPEN);
    file("open/dir/sub/file", OPEN);
    file("open/secret", OPEN);
    file("secrets/file", OPEN);
    file("singles", OPEN);
    link("open/abs", root + "/secret");
    link("open/rel", "../secret");
    link("open/key", "../secret/key");
    link("open/chain", "chain2");
    link("open/chain2", "dir/../key");
    link("open/up", "..");
    link("open/self", ".");
    link("open/slashes", "..//secret/./sub//");
    link("open/proc", "/proc/self/root" + root + "/secret");
    link("open/good", "dir/file");
    link("open/gooddir", root + "/open/dir");
    link("open/loop", "loop2");
    link("open/loop2", "loop");
    link("way", "open");
    link("secret/out", "../open/file");
    Files.createLink(root.resolve("open/hard"), root.resolve("single"));
  }

  private void file(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private void link(String name, String target) throws IOException {
    Files.createSymbolicLink(root.resolve(name), Path.of(target));
  }

  /** Denies what holds secrets. */
  PolicySettings denyingReads() {
    return paths(
        List.of(),
        List.of(root + "/secret", root + "/single", root + "/home/.ssh/"),
        List.of(),
        List.of());
  }

  /** Allows writing below {@code open} alone. */
  PolicySettings allowingWrites() {
    return paths(List.of(), List.of(), List.of(root + "/open"), List.of(root + "/open/dir/sub"));
  }

  static PolicySettings paths(
      List<String> allowRead,
      List<String> denyRead,
      List<String> allowWrite,
      List<String> denyWrite) {
    return PolicySettings.OPEN.toBuilder()
        .allowFileReadPaths(allowRead)
        .denyFileReadPaths(denyRead)
        .allowFileWritePaths(allowWrite)
        .denyFileWritePaths(denyWrite)
        .build();
  }

  static String read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    channel.read(buffer, 0);
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }
}
