package com.limiquantix.agent.protocol;

import java.time.Duration;

/** Numbers that both sides of the protocol hold to. */
public final class Limits {

  /**
   * The three bytes {@code 51 54 58} ("QTX") that every frame of every version begins with, as the
   * lower 24 bits; the fourth byte of a frame is its version.
   */
  public static final int FRAME_MAGIC = 0x515458;

  /** The version byte of a version 1 frame. */
  public static final int V1_VERSION = 1;

  /**
   * The first four bytes of a version 1 frame, big endian: {@link #FRAME_MAGIC} and the version.
   */
  public static final int V1_MAGIC = FRAME_MAGIC << 8 | V1_VERSION;

  /** Bytes of a version 1 frame before its payload: four of magic, four of length. */
  public static final int V1_HEADER_BYTES = 8;

  /** The shortest payload of a version 1 frame, in bytes: an empty message is no message. */
  public static final int V1_MIN_PAYLOAD_BYTES = 1;

  /** The longest payload of a version 1 frame, in bytes (16 MiB); fixed by the deployed peers. */
  public static final int V1_MAX_PAYLOAD_BYTES = 16_777_216;

  /** The port of the host, in vsock(7)'s sense, that version 1 agents dial. */
  public static final int V1_VSOCK_PORT = 9443;

  /**
   * Ports below this one can be bound by privileged processes only (vsock(7)); both ends of a vsock
   * link use such ports outside version 1, so that an ordinary user of a guest can't pose as its
   * agent.
   */
  public static final int VSOCK_PRIVILEGED_PORTS = 1024;

  /**
   * Bytes of stdout, and likewise of stderr, that Execute returns when {@code max_output_bytes} is
   * 0 (1 MiB).
   */
  public static final int DEFAULT_MAX_OUTPUT_BYTES = 1_048_576;

  /**
   * Bytes of one chunk of a file when neither the request nor the configuration ({@code
   * max_chunk_size}) says otherwise.
   */
  public static final int DEFAULT_CHUNK_BYTES = 65_536;

  /** How often telemetry is sent unless the configuration or the subscriber says otherwise. */
  public static final Duration DEFAULT_TELEMETRY_INTERVAL = Duration.ofSeconds(5);

  /** The shortest telemetry interval that a subscriber can ask for. */
  public static final Duration MIN_TELEMETRY_INTERVAL = Duration.ofSeconds(1);

  /** The longest telemetry interval that a subscriber can ask for. */
  public static final Duration MAX_TELEMETRY_INTERVAL = Duration.ofHours(1);

  /**
   * The longest text of an error, in UTF-16 units, that is passed between a version 1 answer and a
   * {@code Status}, either way. What is longer is cut: a sentence fits, a dump of a child's output
   * should not travel as an error.
   */
  public static final int V1_MAX_ERROR_CHARS = 4096;

  private Limits() {}
}
