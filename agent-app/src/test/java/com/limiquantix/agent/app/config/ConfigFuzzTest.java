package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the file holds, the answer is a result, soon, and its lines are lines. */
final class ConfigFuzzTest {

  private static final Path FILE = Path.of("/agent.yaml");

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
      check(loader.parse(FILE, text.toString()), text.toString());
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

    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> check(loader.parse(FILE, text), piece));
  }

  private static void check(LoadResult result, String text) {
    if (result instanceof LoadResult.Refused refused) {
      for (ConfigProblem problem : refused.problems()) {
        assertThat(problem.describe()).as(text).doesNotContain("\n", "\r", "\u2028", "\u0000");
        assertThat(problem.describe().length()).as(text).isLessThan(1000);
      }
    } else {
      assertThat(((LoadResult.Loaded) result).config().unenforcedKeys()).as(text).isEmpty();
    }
  }
}
