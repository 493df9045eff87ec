package com.limiquantix.agent.transport.internal.frame;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.limiquantix.agent.transport.KeptInputs;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever arrives, and however: see {@link FrameScript} for what must hold. */
class FrameDecoderFuzzTest {
  private static final int ROUNDS = 400;
  private static final int LONGEST_SCRIPT_BYTES = 600;

  private static final int AGENT = 0;
  private static final int HOST = 1;
  private static final int WITHOUT_SESSION = 2;

  @EnabledIfEnvironmentVariable(named = "JAZZER_FUZZ", matches = ".+")
  @MethodSource("seeds")
  @FuzzTest
  void decoderKeepsItsPromises(byte[] script) {
    FrameScript.play(script);
  }

  @MethodSource({"seeds", "kept"})
  @ParameterizedTest
  void decoderKeepsItsPromisesInKnownScripts(byte[] script) {
    FrameScript.play(script);
  }

  static Stream<byte[]> kept() {
    return KeptInputs.of(FrameDecoderFuzzTest.class, "decoderKeepsItsPromises");
  }

  static Stream<byte[]> seeds() {
    return Stream.of(
        allSamples(AGENT),
        allSamples(HOST),
        // Handshakes, and frames of the sessions that they begin.
        script(AGENT | WITHOUT_SESSION, 3, 1, 7, 7, 0, 2, 0, 2, 4, 3, 1, 8, 7, 0, 2, 0),
        script(HOST | WITHOUT_SESSION, 3, 1, 0, 7, 0, 2, 5, 3, 1, 0, 7, 0, 2, 6),
        script(HOST | WITHOUT_SESSION, 3, 0, 5, 3, 1, 0),
        // The half of a frame, a pause, and another host's Hello.
        script(AGENT, 2, 4, 4, 30, 7, 0, 8, 3, 1, 9, 7, 0, 8, 2, 0),
        script(HOST, 2, 4, 4, 30, 7, 0, 8, 2, 5, 8),
        // A frame twice; a bit that is wrong; frames that are missing.
        script(AGENT, 2, 0, 5, 40, 7, 0),
        script(HOST, 2, 7, 6, 3, 1, 7, 1, 10, 7, 0),
        script(AGENT | WITHOUT_SESSION, 3, 1, 7, 6, 3, 1, 7, 0),
        script(AGENT, 2, 0, 7, 0, 2, 1, 4, 255, 2, 1),
        // A Hello with the token of the session.
        script(AGENT, 1, 1, 0, 0, 1, 2, 1, 0, 7, 0),
        // A Message whose length is more than there is, and one that is honest.
        script(AGENT, 1, 10, 1, 1, 1, 2, 0, 0, 0, 255, 0, 4, 0, 0, 0, 9, 7, 0, 8),
        script(HOST, 1, 10, 1, 1, 1, 2, 1, 6, 0, 0, 0, 2, 81, 84));
  }

  private static byte[] script(int... bytes) {
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    for (int b : bytes) {
      script.write(b);
    }
    return script.toByteArray();
  }

  /** One frame of each type, in pieces. */
  private static byte[] allSamples(int start) {
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    script.write(start);
    for (int i = 0; i < Frames.ofSession().size(); i++) {
      script.writeBytes(script(2, i, 7, 1, 3 * i));
    }
    return script.toByteArray();
  }

  /** Scripts at random; the number of the repetition is the seed. */
  @Timeout(60)
  @RepeatedTest(10)
  void decoderKeepsItsPromisesInAnySession(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    for (int round = 0; round < ROUNDS; round++) {
      byte[] script = new byte[random.nextInt(LONGEST_SCRIPT_BYTES)];
      random.nextBytes(script);
      FrameScript.play(script);
    }
  }
}
