package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the file holds, the answer is a result, soon, and its lines are lines. */
final class ConfigFuzzTest {

  private static final Path FILE = Path.of("/agent.yaml");
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private static final String[] PIECES = {
    "\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "!<x> ",
    "|",
    ">",
    "|9\n",
    "|-1\n",
    "'",
    "\"",
    "\\",
    "\\u",
    "\\UFFFFFFFF",
    "\\xZZ",
    "%",
    "%YAML 1.1\n",
    "%YAML 99999999999.1\n",
    "%TAG ! !%ZZ\n",
    "!%C3%28 ",
    "---",
    "...",
    "#",
    "<<: ",
    "~",
    "null",
    "\u0000",
    "\ufeff",
    "\ud800",
    "\udfff",
    "\ud83d\ude00",
    "\r",
    "\u2028",
    "@",
    "`",
    "0",
    "-",
    "1e9",
    "log_level",
    "security:\n",
    "  audit_logging: true\n",
    "health: {",
    "enabled"
  };

  private final ConfigLoader loader = new ConfigLoader();

  @EnabledIfEnvironmentVariable(named = "JAZZER_FUZZ", matches = ".+")
  @MethodSource("seeds")
  @FuzzTest
  void givenAnyBytes_thenTheyAreLoadedOrRefusedWithReasons(byte[] file) {
    check(file);
  }

  @MethodSource({"seeds", "kept"})
  @ParameterizedTest
  void givenKnownBytes_thenTheyAreLoadedOrRefusedWithReasons(byte[] file) {
    check(file);
  }

  private void check(byte[] file) {
    long begin = System.nanoTime();
    LoadResult result = loader.judge(FILE, ConfigFile.decode(file), false);
    assertThat(System.nanoTime() - begin).isLessThan(LONGEST.toNanos());

    if (result instanceof LoadResult.Refused refused) {
      assertThat(refused.problems())
          .isNotEmpty()
          .hasSizeLessThanOrEqualTo(Complaints.MAX_PROBLEMS + 1);
      for (ConfigProblem problem : refused.problems()) {
        assertThat(problem.describe()).doesNotContain("\n", "\r", "\u2028", "\u0000");
        assertThat(problem.describe().length()).isLessThan(1000);
      }
    } else {
      AgentConfig config = ((LoadResult.Loaded) result).config();
      assertThat(loader.parse(FILE, ConfigRenderer.render(config))).isEqualTo(result);
    }
  }

  private void check(String text) {
    check(text.getBytes(StandardCharsets.UTF_8));
  }

  static Stream<byte[]> kept() {
    return KeptInputs.of(
        ConfigFuzzTest.class, "givenAnyBytes_thenTheyAreLoadedOrRefusedWithReasons");
  }

  static Stream<byte[]> seeds() {
    Stream.Builder<byte[]> seeds = Stream.builder();
    String good = ConfigRenderer.render(AgentConfig.defaults());
    seeds.add(good.getBytes(StandardCharsets.UTF_16));
    seeds.add(good.getBytes(StandardCharsets.UTF_8));
    for (String piece : PIECES) {
      seeds.add(
          ("log_level: info\n" + piece + "device_path: auto\n").getBytes(StandardCharsets.UTF_8));
    }
    return seeds.build();
  }

  @Test
  void givenAFileWithRandomDamage_thenItIsLoadedOrRefusedWithReasons() {
    Random random = new Random(20260101);
    String good = ConfigRenderer.render(AgentConfig.defaults());
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder(round % 3 == 0 ? "" : good);
      for (int i = random.nextInt(12); i >= 0; i--) {
        int at = random.nextInt(text.length() + 1);
        int end = Math.min(text.length(), at + random.nextInt(4));
        text.replace(at, end, PIECES[random.nextInt(PIECES.length)]);
      }
      check(text.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[", "{", "- ", "? ", "a: ", "{a: ", "&a ", "!a ", "'", "\"", "\"\\", "| ", "#", "a", " ",
        "\n", "\n- ", "a:\n", "[]", "a\n\n", "%", "%a\n", "---\n", "...\n", "*a ", "\\", ",",
        "\"a\" ", "a#: b\n"
      })
  void givenAMebibyteOfOnePiece_thenItIsRefusedSoon(String piece) {
    String text = "k: " + piece.repeat(ConfigFile.MAX_BYTES / piece.length());

    assertTimeoutPreemptively(LONGEST, () -> check(text));
  }
}
