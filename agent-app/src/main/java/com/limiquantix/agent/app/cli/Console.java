package com.limiquantix.agent.app.cli;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Results go to stdout, errors and notes to stderr. Whatever is printed as text is made harmless
 * here, in one place; only {@link #raw} passes bytes as they are. One thread.
 */
final class Console {
  private static final String PREFIX = "qx-guest: ";

  private final OutputStream stdout;
  private final OutputStream stderr;

  Console(OutputStream stdout, OutputStream stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Writes one line of a result; line breaks within it are escaped. */
  void line(String text) throws IOException {
    stdout.write(bytes(TerminalText.escape(text)));
    stdout.flush();
  }

  /** Writes one line of a result. */
  void line(JsonObject json) throws IOException {
    stdout.write(bytes(json.toString()));
    stdout.flush();
  }

  /** Writes text of our own, of several lines, as it is. */
  void ownText(String text) throws IOException {
    stdout.write(text.getBytes(StandardCharsets.UTF_8));
    stdout.flush();
  }

  /** Passes on a command's output, unaltered. */
  void raw(ByteString out, ByteString err) throws IOException {
    out.writeTo(stdout);
    stdout.flush();
    err.writeTo(stderr);
    stderr.flush();
  }

  /** Tells something that is no result. */
  void note(String sentence) {
    tell(PREFIX + TerminalText.escape(sentence));
  }

  /** Tells why the run failed. */
  void failure(Failure failure, boolean json) {
    if (json) {
      tell(
          new JsonObject()
              .put(
                  "error",
                  new JsonObject()
                      .put("code", failure.code().name())
                      .put("message", failure.sentence()))
              .toString());
    } else {
      note(failure.sentence());
    }
  }

  /** Prints where a failure came from, for who looks for a fault in this program. */
  void stackTrace(Throwable failure) {
    PrintStream stream = new PrintStream(stderr, true, StandardCharsets.UTF_8);
    failure.printStackTrace(stream);
  }

  private void tell(String line) {
    try {
      stderr.write(bytes(line));
      stderr.flush();
    } catch (IOException e) {
      // Nobody reads the one stream that could tell it; the exit code still says what happened.
      return;
    }
  }

  private static byte[] bytes(String line) {
    return (line + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
