package com.limiquantix.agent.transport;

/**
 * What one side of a link takes from the other, and how much it keeps. Both sides tell each other
 * and the smaller value holds where it concerns both.
 *
 * @param maxFramePayloadBytes payload of one frame, 4,096 to 1,048,576; larger ones delay what is
 *     urgent, smaller ones cost more
 * @param maxHeaderBytes serialized headers or trailers of one call, 4,096 up to the frame payload
 * @param initialCallCredit bytes that the peer may send on a new call before it is asked for any,
 *     at least 4,096. It saves small calls a round trip and is the most that a call which nobody
 *     reads can make us keep unasked
 * @param callWindow bytes that a call which is being read may have under way, at least the initial
 *     credit
 * @param sessionWindow bytes that all calls of a session together may have under way, at least
 *     65,536; it bounds what lies in the kernel's queues and so how long an urgent frame waits
 *     there
 * @param maxCalls calls that may be open at once in one session, at least 1; more are refused with
 *     RESOURCE_EXHAUSTED
 * @param maxQueuedControlBytes frames other than messages that may wait for a peer that does not
 *     read, at least 65,536; beyond that the session ends
 */
public record TransportLimits(
    int maxFramePayloadBytes,
    int maxHeaderBytes,
    int initialCallCredit,
    int callWindow,
    int sessionWindow,
    int maxCalls,
    int maxQueuedControlBytes) {

  /** Small frames, 16 KiB unasked per call, 256 KiB per call and 512 KiB per session under way. */
  public static final TransportLimits DEFAULT =
      new TransportLimits(65_536, 32_768, 16_384, 262_144, 524_288, 1_024, 1_048_576);

  /** Checks every range. */
  public TransportLimits {
    require("maxFramePayloadBytes", maxFramePayloadBytes, 4_096, 1 << 20);
    require("maxHeaderBytes", maxHeaderBytes, 4_096, maxFramePayloadBytes);
    require("initialCallCredit", initialCallCredit, 4_096, Integer.MAX_VALUE);
    require("callWindow", callWindow, initialCallCredit, Integer.MAX_VALUE);
    require("sessionWindow", sessionWindow, 65_536, Integer.MAX_VALUE);
    require("maxCalls", maxCalls, 1, 1 << 20);
    require("maxQueuedControlBytes", maxQueuedControlBytes, 65_536, Integer.MAX_VALUE);
  }

  private static void require(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + " but must be from " + min + " to " + max);
    }
  }
}
