package com.limiquantix.agent.transport.internal.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Random sessions with random accidents; the number of the repetition is the seed. */
class FrameDecoderFuzzTest {
  private static final int ROUNDS = 400;

  @RepeatedTest(10)
  void whateverHappensOnlyWhatWasSentIsDeliveredInOrderAndTheNextHelloIsFound(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    for (int round = 0; round < ROUNDS; round++) {
      FrameDecoder.Role role =
          random.nextBoolean() ? FrameDecoder.Role.HOST : FrameDecoder.Role.AGENT;
      List<Frame> sent = frames(random);
      byte[] stream = accidents(Frames.inSession(sent, 1), random);
      Receiver receiver = Receiver.inSession(role);
      feed(receiver, stream, random);

      assertThat(receiver.frames).as("round %d", round).isEqualTo(prefix(sent, receiver.frames));

      int before = receiver.frames.size();
      byte[] handshake =
          role == FrameDecoder.Role.AGENT
              ? Frames.hello(random.nextLong() | 1)
              : Frames.welcome(Frames.NONCE, Frames.TOKEN + 9);
      if (role == FrameDecoder.Role.HOST) {
        receiver.decoder.expectWelcome(Frames.NONCE);
      }
      feed(receiver, handshake, random);
      receiver.stall();
      feed(receiver, handshake, random);
      receiver.stall();
      assertThat(receiver.frames.size()).as("round %d", round).isGreaterThan(before);
    }
  }

  private static List<Frame> prefix(List<Frame> sent, List<Frame> received) {
    return sent.subList(0, Math.min(sent.size(), received.size()));
  }

  private static List<Frame> frames(Random random) {
    List<Frame> samples = Frames.ofSession();
    List<Frame> frames = new ArrayList<>();
    for (int i = random.nextInt(20); i >= 0; i--) {
      if (random.nextInt(3) == 0) {
        byte[] contents = new byte[random.nextInt(2_000)];
        random.nextBytes(contents);
        frames.add(Frames.message(1 + random.nextInt(9), contents));
      } else {
        frames.add(samples.get(random.nextInt(samples.size())));
      }
    }
    return frames;
  }

  private static byte[] accidents(byte[] stream, Random random) {
    byte[] result = stream;
    for (int i = random.nextInt(4); i > 0 && result.length > 1; i--) {
      int at = random.nextInt(result.length);
      int end = at + random.nextInt(Math.min(200, result.length - at));
      byte[] head = Arrays.copyOf(result, at);
      byte[] middle = Arrays.copyOfRange(result, at, end);
      byte[] tail = Arrays.copyOfRange(result, end, result.length);
      switch (random.nextInt(5)) {
        case 0 -> result = Frames.concat(head, tail);
        case 1 -> result = Frames.concat(head, middle, middle, tail);
        case 2 -> result = Frames.concat(tail, head, middle);
        case 3 -> {
          byte[] noise = new byte[random.nextInt(100)];
          random.nextBytes(noise);
          result = Frames.concat(head, noise, middle, tail);
        }
        default -> {
          result = result.clone();
          result[at] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return result;
  }

  private static void feed(Receiver receiver, byte[] bytes, Random random) {
    for (int at = 0; at < bytes.length; ) {
      int end = Math.min(bytes.length, at + 1 + random.nextInt(500));
      receiver.feed(Arrays.copyOfRange(bytes, at, end));
      if (random.nextInt(20) == 0) {
        receiver.stall();
      }
      at = end;
    }
  }
}
