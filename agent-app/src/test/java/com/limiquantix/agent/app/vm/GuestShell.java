package com.limiquantix.agent.app.vm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Commands in the guest by qemu-ga, so that tests can look at our agent, and harm it, from beside
 * it. Each call has a connection of its own.
 */
final class GuestShell {
  private static final long PATIENCE_MILLIS = 20_000;
  private static final long POLL_MILLIS = 20;

  /** How a command ended. */
  record Result(int exitCode, String output) {}

  private final Path socket;

  GuestShell(Path socket) {
    this.socket = socket;
  }

  /** Whether qemu-ga answers within a second. */
  boolean answers() {
    try (JsonLines lines = connect(1_000)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private JsonLines connect(long millis) throws IOException {
    JsonLines lines = JsonLines.connect(socket);
    try {
      long id = System.nanoTime() & 0x7fff_ffffL;
      // 0xFF ends whatever an earlier client left half-said.
      lines.send(new byte[] {(byte) 0xff});
      lines.send(call("guest-sync-delimited", Map.of("id", id)));
      while (true) {
        Map<String, Object> answer = lines.next(millis);
        if (answer.get("return") instanceof Number number && number.longValue() == id) {
          return lines;
        }
      }
    } catch (IOException e) {
      lines.close();
      throw e;
    }
  }

  private static String call(String command, Map<String, ?> arguments) {
    return Json.write(Map.of("execute", command, "arguments", arguments));
  }

  private static Object answer(JsonLines lines, String command, Map<String, ?> arguments)
      throws IOException {
    lines.send(call(command, arguments));
    Map<String, Object> answer = lines.next(PATIENCE_MILLIS);
    Object result = answer.get("return");
    if (result == null) {
      throw new IOException(command + ": " + answer);
    }
    return result;
  }

  /** Runs a command by the shell and waits for it; what it prints to either output is joined. */
  Result run(String command) throws IOException, InterruptedException {
    return run(command, 120_000);
  }

  Result run(String command, long millis) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try (JsonLines lines = connect(PATIENCE_MILLIS)) {
      Map<String, Object> started =
          Json.object(
              answer(
                  lines,
                  "guest-exec",
                  Map.of(
                      "path",
                      "/bin/bash",
                      "arg",
                      List.of("-c", "exec 2>&1; " + command),
                      "capture-output",
                      true)));
      while (true) {
        Map<String, Object> status =
            Json.object(
                answer(
                    lines,
                    "guest-exec-status",
                    Map.of("pid", String.valueOf(started.get("pid")).transform(Long::valueOf))));
        if (Boolean.TRUE.equals(status.get("exited"))) {
          Object code = status.get("exitcode");
          Object data = status.get("out-data");
          return new Result(
              code instanceof Integer number ? number : -1,
              data == null ? "" : new String(Base64.getDecoder().decode((String) data), UTF_8));
        }
        if (System.nanoTime() > deadline) {
          throw new IOException("not ended after " + millis + " ms: " + command);
        }
        // qemu-ga tells of the end only when asked.
        boolean never = new CountDownLatch(1).await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        assert !never;
      }
    }
  }

  /** The output of a command that has to succeed. */
  String output(String command) throws IOException, InterruptedException {
    Result result = run(command);
    if (result.exitCode() != 0) {
      throw new IOException(command + " ended with " + result);
    }
    return result.output();
  }

  /** Starts a command and does not look after it. */
  void start(String command) throws IOException {
    try (JsonLines lines = connect(PATIENCE_MILLIS)) {
      answer(lines, "guest-exec", Map.of("path", "/bin/bash", "arg", List.of("-c", command)));
    }
  }
}
