package com.limiquantix.agent.app.v1peer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Frames of version 1, byte by byte with comments, in {@code src/test/resources/v1/*.hex}. */
public final class V1Vectors {
  private static final int FIRST_ID = 1;
  private static final long FIRST_SECOND = 1_700_000_000;

  /** The names of all, in the order in which their ids count up. */
  public static final List<String> NAMES =
      List.of(
          "ping",
          "pong",
          "execute",
          "execute_response",
          "execute_response_failed",
          "file_write",
          "file_write_response",
          "file_read",
          "file_read_response",
          "file_read_response_failed",
          "shutdown",
          "shutdown_response",
          "quiesce",
          "quiesce_response",
          "get_capabilities",
          "get_capabilities_response",
          "agent_ready",
          "telemetry",
          "error",
          "clipboard_changed");

  private V1Vectors() {}

  /** The frame of this name. */
  public static byte[] frame(String name) {
    try (InputStream in = V1Vectors.class.getResourceAsStream("/v1/" + name + ".hex")) {
      if (in == null) {
        throw new IllegalArgumentException("no vector " + name);
      }
      String digits =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.replaceAll("#.*|\\s", ""))
              .collect(Collectors.joining());
      return HexFormat.of().parseHex(digits);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The id that the frame of this name carries. */
  public static String id(String name) {
    return String.format("6f1c4b0e-8f53-4c1e-9d1b-%012d", FIRST_ID + NAMES.indexOf(name));
  }

  /** The second of the time that it carries; its nanoseconds are {@link #NANOS}. */
  public static long second(String name) {
    return FIRST_SECOND + FIRST_ID + NAMES.indexOf(name);
  }

  /** The nanoseconds of the time that each carries. */
  public static final int NANOS = 250_000_000;
}
