package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.app.internal.jna.ProcessClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An agent's process on this machine.
 *
 * @param pid its number
 */
record LocalAgent(int pid) {
  private static final String MAIN = "com.limiquantix.agent.app.Main";

  /** Why there is no such process to look at, as the end of a sentence. */
  static final class NotFound extends Exception {
    private static final long serialVersionUID = 1L;

    NotFound(String reason) {
      super(reason);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * Finds the process.
   *
   * @param named the one that the user has named, whatever it is; null if none
   * @param peer the one that listens on the socket: an agent only if it is on this machine, else
   *     QEMU or whoever else passes the bytes on
   */
  static LocalAgent find(@Nullable Integer named, OptionalLong peer) throws NotFound {
    if (named != null) {
      return new LocalAgent(named);
    }
    if (peer.isEmpty()) {
      throw new NotFound("the process behind the connection is not known; name it by --pid");
    }
    LocalAgent candidate = new LocalAgent(Math.toIntExact(peer.getAsLong()));
    if (!candidate.isAgent()) {
      throw new NotFound(
          "process " + candidate.pid + " behind the socket is no agent; name one by --pid");
    }
    return candidate;
  }

  private Path proc() {
    return Path.of("/proc", String.valueOf(pid));
  }

  private boolean isAgent() throws NotFound {
    try {
      String words = Files.readString(proc().resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return Arrays.asList(words.split("\0", -1)).contains(MAIN);
    } catch (IOException e) {
      throw notReadable(e);
    }
  }

  /** What the process takes now. */
  ProcessCost cost() throws NotFound {
    try {
      return ProcessCost.read(proc());
    } catch (IOException e) {
      throw notReadable(e);
    }
  }

  /** The processor time that it has taken, nanoseconds. */
  long cpuNanos() throws NotFound {
    try {
      return ProcessClock.nanos(pid);
    } catch (IOException e) {
      throw notReadable(e);
    } catch (UnsupportedOperationException e) {
      throw new NotFound(String.valueOf(e.getMessage()));
    }
  }

  private NotFound notReadable(IOException failure) {
    if (failure instanceof AccessDeniedException) {
      return new NotFound(
          failure.getMessage() + " may not be read; run this as root or as the agent's user");
    }
    return new NotFound(
        failure instanceof NoSuchFileException
            ? "there is no process " + pid
            : String.valueOf(failure.getMessage()));
  }
}
