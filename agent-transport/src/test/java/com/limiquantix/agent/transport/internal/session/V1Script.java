package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.protocol.Limits;
import com.limiquantix.agent.transport.internal.frame.FrameDecoder;
import com.limiquantix.agent.transport.internal.frame.Frames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A stream of version 1 as a string of bytes writes it: what a peer sends, what becomes of it on
 * its way, in which pieces it arrives, when nothing comes for a while and when the peer goes. Every
 * string of bytes is a script, so a fuzzer can write them. Checks that
 *
 * <ul>
 *   <li>the stream does the same in whatever pieces it arrives,
 *   <li>without pauses, every frame is delivered that stands where the last one ends or behind
 *       bytes that are none, and nothing else,
 *   <li>and what {@link V1Watch} checks with each piece.
 * </ul>
 */
final class V1Script {
  static final List<byte[]> VECTORS = vectors();

  private static final int MOST_STREAM_BYTES = 40_000;

  /** One thing that happens: bytes arrive, or nothing for a while (no bytes), or the peer goes. */
  private record Step(ByteString bytes, boolean gone) {
    static final Step STALL = new Step(ByteString.EMPTY, false);
    static final Step GONE = new Step(ByteString.EMPTY, true);

    static Step arrival(byte... bytes) {
      return new Step(ByteString.copyFrom(bytes), false);
    }

    boolean isArrival() {
      return !bytes.isEmpty();
    }
  }

  private final byte[] script;
  private int at;
  private final FrameDecoder.Role role;
  private final boolean v2;
  private final boolean takesCalls;
  private final List<Step> steps = new ArrayList<>();
  private int streamBytes;

  /** What was sent and has not arrived yet. */
  private byte[] underWay = {};

  private V1Script(byte[] script) {
    this.script = script;
    int start = next();
    role = (start & 1) == 0 ? FrameDecoder.Role.AGENT : FrameDecoder.Role.HOST;
    v2 = (start & 2) != 0;
    takesCalls = (start & 4) == 0;
    while (at < script.length && streamBytes < MOST_STREAM_BYTES) {
      step();
    }
    arrive(Integer.MAX_VALUE);
  }

  /** Plays {@code script} and fails if anything happens that must not. */
  static void play(byte[] script) {
    V1Script read = new V1Script(script);
    V1Watch asWritten = read.play(read.steps);
    V1Watch atOnce = read.play(read.merged());
    V1Watch byteByByte = read.play(read.bytes());

    assertThat(atOnce.log).as("when it arrives at once").isEqualTo(asWritten.log);
    assertThat(byteByByte.log).as("when it arrives byte by byte").isEqualTo(asWritten.log);
    if (!read.v2 && !read.steps.contains(Step.STALL)) {
      assertDelivers(asWritten, read.merged());
    }
  }

  private V1Watch play(List<Step> all) {
    V1Watch watch = new V1Watch(role, v2, takesCalls);
    for (Step step : all) {
      if (step.isArrival()) {
        watch.arrive(step.bytes().toByteArray());
      } else if (step.gone()) {
        watch.peerGoes();
      } else {
        watch.stall();
      }
    }
    watch.peerGoes();
    watch.findsFrame(VECTORS.get(0));
    return watch;
  }

  private void step() {
    switch (next() % 12) {
      case 0 -> send(take(next()));
      case 1 -> send(frame(take(next())));
      case 2 -> send(VECTORS.get(next() % VECTORS.size()));
      case 3 -> send(header(ByteBuffer.wrap(Arrays.copyOf(take(4), 4)).getInt()));
      case 4 -> send(frame(Frames.concat(largeBeginning(), new byte[next() * 128])));
      case 5 -> underWay = Arrays.copyOf(underWay, back(next()));
      case 6 -> send(Arrays.copyOfRange(underWay, back(next()), underWay.length));
      case 7 -> {
        int flipped = back(1 + next());
        if (flipped < underWay.length) {
          underWay[flipped] ^= (byte) (1 << next() % 8);
        }
      }
      case 8 -> arrive(next() % 2 == 0 ? Integer.MAX_VALUE : 1 + next());
      case 9 -> steps.add(Step.STALL);
      case 10 -> {
        underWay = new byte[0];
        steps.add(Step.GONE);
      }
      default ->
          send(
              role == FrameDecoder.Role.AGENT
                  ? Frames.hello(1 + next())
                  : Frames.welcome(Frames.NONCE, Frames.TOKEN + next()));
    }
  }

  /** An id and the tag of a file_write without its length. */
  private static byte[] largeBeginning() {
    return new byte[] {10, 1, 'x', 12 << 3 | 2};
  }

  /** The next byte of the script, 0 to 255; 0 behind its end. */
  private int next() {
    return at < script.length ? script[at++] & 0xff : 0;
  }

  private byte[] take(int count) {
    int from = Math.min(at, script.length);
    at = Math.min(script.length, from + count);
    return Arrays.copyOfRange(script, from, at);
  }

  private int back(int count) {
    return Math.max(0, underWay.length - count);
  }

  private void send(byte[] bytes) {
    underWay = Frames.concat(underWay, bytes);
    streamBytes += bytes.length;
  }

  private void arrive(int count) {
    int size = Math.min(count, underWay.length);
    if (size > 0) {
      steps.add(Step.arrival(Arrays.copyOf(underWay, size)));
      underWay = Arrays.copyOfRange(underWay, size, underWay.length);
    }
  }

  private static byte[] header(int length) {
    return ByteBuffer.allocate(Limits.V1_HEADER_BYTES)
        .putInt(Limits.V1_MAGIC)
        .putInt(length)
        .array();
  }

  private static byte[] frame(byte[] payload) {
    return Frames.concat(header(payload.length), payload);
  }

  /** The same stream with all that arrives between two other events in one piece. */
  private List<Step> merged() {
    List<Step> merged = new ArrayList<>();
    for (Step step : steps) {
      int last = merged.size() - 1;
      if (step.isArrival() && last >= 0 && merged.get(last).isArrival()) {
        merged.set(last, new Step(merged.get(last).bytes().concat(step.bytes()), false));
      } else {
        merged.add(step);
      }
    }
    return merged;
  }

  private List<Step> bytes() {
    List<Step> bytes = new ArrayList<>();
    for (Step step : steps) {
      if (step.isArrival()) {
        for (byte b : step.bytes()) {
          bytes.add(Step.arrival(b));
        }
      } else {
        bytes.add(step);
      }
    }
    return bytes;
  }

  /** Compares with what a reader says that is written down as plainly as the format is. */
  private static void assertDelivers(V1Watch watch, List<Step> merged) {
    List<byte[]> expected = new ArrayList<>();
    for (Step step : merged) {
      byte[] all = step.bytes().toByteArray();
      ByteBuffer stream = ByteBuffer.wrap(all);
      for (int i = 0; i + Limits.V1_HEADER_BYTES <= stream.limit(); i++) {
        int length = stream.getInt(i + 4);
        if (stream.getInt(i) != 0x51545801 || length < 1 || length > 16_777_216) {
          continue;
        }
        int content = i + Limits.V1_HEADER_BYTES;
        if (length > stream.limit() - content) {
          break;
        }
        expected.add(Arrays.copyOfRange(all, content, content + length));
        i = content + length - 1;
      }
    }
    expected.add(Arrays.copyOfRange(VECTORS.get(0), 8, VECTORS.get(0).length));
    assertThat(watch.delivered).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      byte[] found = watch.delivered.get(i).bytes().toByteArray();
      byte[] whole = expected.get(i);
      assertThat(watch.delivered.get(i).length()).isEqualTo(whole.length);
      assertThat(found).isEqualTo(Arrays.copyOf(whole, found.length));
    }
  }

  private static List<byte[]> vectors() {
    URL folder = Objects.requireNonNull(V1Script.class.getResource("/v1"));
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      List<Path> sorted = new ArrayList<>(files.sorted().toList());
      // First what every peer of either role takes.
      sorted.sort((a, b) -> Boolean.compare(isPing(b), isPing(a)));
      return sorted.stream().map(V1Script::vector).toList();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isPing(Path file) {
    return file.endsWith("ping.hex");
  }

  private static byte[] vector(Path file) {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return HexFormat.of()
          .parseHex(
              lines.map(line -> line.replaceAll("#.*|\\s", "")).collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
