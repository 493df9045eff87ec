package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The documentation's tables say what the code does. */
final class ConfigDocumentationTest {

  @Test
  void givenTheTablesOfKeys_thenTheyListEveryKeyAsTheCodeHasIt() throws Exception {
    List<String> documented = new ArrayList<>();
    for (String line : Files.readAllLines(documentation())) {
      if (line.startsWith("| `")) {
        documented.add(line);
      }
    }
    List<String> expected = new ArrayList<>();
    for (ConfigKey<?> key : Schema.KEYS) {
      expected.add(row(key));
    }

    assertThat(documented).containsExactlyElementsOf(expected);
  }

  private static String row(ConfigKey<?> key) {
    return "| `%s` | %s | `%s` | %s | %s |"
        .formatted(
            key.path(),
            key.type().accepts(),
            key.rendered(AgentConfig.defaults()),
            key.reloadable() ? "SIGHUP" : "restart",
            key.purpose());
  }

  private static Path documentation() {
    Path inModule = Path.of("..", "docs", "configuration.md");
    return Files.exists(inModule) ? inModule : Path.of("docs", "configuration.md");
  }
}
