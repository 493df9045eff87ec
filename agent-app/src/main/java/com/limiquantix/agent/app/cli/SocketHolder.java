package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which process is connected to a unix socket, as ss(8) of iproute2 knows it. The kernel tells the
 * other end of a connection to no program that is not one of its ends, but by sock_diag(7).
 */
final class SocketHolder {
  private static final List<String> COMMAND = List.of("ss", "--unix", "-x", "-p", "-n", "-H");
  private static final long LONGEST_SECONDS = 2;
  private static final int MAX_BYTES = 4 << 20;

  // u_str ESTAB 0 0 /run/a.sock 4711 * 4712 users:(("qemu",pid=7,fd=3))
  private static final Pattern LINE =
      Pattern.compile("\\S+\\s+ESTAB\\s+\\S+\\s+\\S+\\s+(\\S+)\\s+(\\d+)\\s+\\S+\\s+(\\d+)(.*)");
  private static final Pattern USER = Pattern.compile("\\(\"([^\"]*)\",pid=(\\d+),");

  private SocketHolder() {}

  /**
   * The process at the other end of a connection that the listener of {@code socket} has, other
   * than this one, as in {@code process 4711 (virsh)}. Empty if there is none or nobody can tell.
   */
  static Optional<String> of(Path socket) {
    try {
      return holder(connections(), socket.toString(), ProcessHandle.current().pid());
    } catch (IOException e) {
      // It only makes a message better.
      return Optional.empty();
    }
  }

  private static String connections() throws IOException {
    Process process =
        new ProcessBuilder(COMMAND)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    // Whatever it does, its output ends with it.
    CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    try {
      byte[] output = process.getInputStream().readNBytes(MAX_BYTES);
      return new String(output, StandardCharsets.UTF_8);
    } finally {
      process.destroyForcibly();
    }
  }

  static Optional<String> holder(String connections, String socket, long ownPid) {
    Map<String, String> usersByInode = new HashMap<>();
    Map<String, String> listenersEnds = new HashMap<>();
    for (String line : connections.split("\n")) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        usersByInode.put(matcher.group(2), matcher.group(4));
        if (matcher.group(1).equals(socket)) {
          listenersEnds.put(matcher.group(2), matcher.group(3));
        }
      }
    }
    return listenersEnds.values().stream()
        .map(inode -> USER.matcher(usersByInode.getOrDefault(inode, "")))
        .filter(Matcher::find)
        .filter(user -> Long.parseLong(user.group(2)) != ownPid)
        .map(user -> "process " + user.group(2) + " (" + user.group(1) + ")")
        .findFirst();
  }
}
