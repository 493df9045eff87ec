package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.limiquantix.agent.transport.KeptInputs;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever comes as version 1, and however: see {@link V1Script} for what must hold. */
class V1DecoderFuzzTest {
  private static final int ROUNDS = 150;
  private static final int LONGEST_SCRIPT_BYTES = 300;

  private static final int HOST = 1;
  private static final int BOTH_VERSIONS = 2;
  private static final int TAKES_NO_CALLS = 4;

  @EnabledIfEnvironmentVariable(named = "JAZZER_FUZZ", matches = ".+")
  @MethodSource("seeds")
  @FuzzTest
  void givenAnyStream_thenVersion1KeepsItsPromises(byte[] script) {
    V1Script.play(script);
  }

  @MethodSource({"seeds", "kept"})
  @ParameterizedTest
  void givenAKnownStream_thenVersion1KeepsItsPromises(byte[] script) {
    V1Script.play(script);
  }

  static Stream<byte[]> kept() {
    return KeptInputs.of(V1DecoderFuzzTest.class, "givenAnyStream_thenVersion1KeepsItsPromises");
  }

  static Stream<byte[]> seeds() {
    Stream<byte[]> vectors =
        IntStream.range(0, V1Script.VECTORS.size())
            .boxed()
            .flatMap(
                i ->
                    Stream.of(
                        script(0, 2, i, 8, 0),
                        script(HOST, 2, i, 8, 3),
                        // Half a frame, the next host's frame behind it, and a pause.
                        script(BOTH_VERSIONS, 2, i, 5, 20, 2, 0, 8, 0, 9)));
    return Stream.concat(
        vectors,
        Stream.of(
            allVectors(0),
            allVectors(HOST),
            allVectors(TAKES_NO_CALLS),
            allVectors(BOTH_VERSIONS),
            // Frames that are larger than what is taken, and more than the budget has room for.
            script(0, 4, 160, 4, 100, 4, 100, 4, 100, 2, 0, 8, 0),
            script(HOST, 4, 100, 8, 200, 8, 200, 10, 2, 0, 8, 0),
            // A request behind which another field follows in its message.
            script(0, 1, 9, 10, 1, 'x', 10 << 3 | 2, 2, 8, 1, 2 << 3 | 2, 0, 8, 0),
            // A header that promises 16 MiB, one that promises too much, and pauses.
            script(0, 3, 1, 0, 0, 0, 0, 3, 1, 2, 3, 8, 0, 9, 2, 0, 8, 0),
            script(0, 3, 255, 255, 255, 255, 2, 0, 8, 0),
            // A Hello between requests; version 1 behind it; a peer that goes and one that comes.
            script(BOTH_VERSIONS, 2, 0, 11, 2, 0, 8, 0, 10, 2, 0, 8, 0),
            script(HOST | BOTH_VERSIONS, 2, 1, 11, 2, 1, 8, 0, 10, 2, 1, 8, 0)));
  }

  private static byte[] allVectors(int start) {
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    script.write(start);
    for (int i = 0; i < V1Script.VECTORS.size(); i++) {
      script.writeBytes(script(2, i, 8, 7 * i));
    }
    return script.toByteArray();
  }

  private static byte[] script(int... bytes) {
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    for (int b : bytes) {
      script.write(b);
    }
    return script.toByteArray();
  }

  /** Scripts at random; the number of the repetition is the seed. */
  @Timeout(60)
  @RepeatedTest(10)
  void givenARandomStream_thenVersion1KeepsItsPromises(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    for (int round = 0; round < ROUNDS; round++) {
      byte[] script = new byte[random.nextInt(LONGEST_SCRIPT_BYTES)];
      random.nextBytes(script);
      V1Script.play(script);
    }
  }

  @Test
  void givenTheFramesOfVersion1_thenThereAreSome() {
    assertThat(V1Script.VECTORS).hasSizeGreaterThan(10);
  }
}
