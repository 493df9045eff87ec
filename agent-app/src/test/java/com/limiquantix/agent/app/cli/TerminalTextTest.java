package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TerminalTextTest {

  @Test
  void ordinaryTextOfAnyScriptStaysAsItIs() {
    String text = "plain C:\\dir ~ äß 日本語 😀 שלום";

    assertThat(TerminalText.escape(text)).isSameAs(text);
  }

  @Test
  void controlCharactersBecomeVisible() {
    assertThat(TerminalText.escape("a\u001b[1mb\n\r\t\u0000\u007f\u0080\u009b"))
        .isEqualTo("a\\x1b[1mb\\n\\r\\t\\x00\\x7f\\x80\\x9b");
  }

  @Test
  void whatTurnsTheOrderOfTextBecomesVisible() {
    assertThat(TerminalText.escape("\u202e\u2066\u200f\u061c\u2028\ufeff"))
        .isEqualTo("\\u202e\\u2066\\u200f\\u061c\\u2028\\ufeff");
  }

  @Test
  void halvesOfSurrogatePairsBecomeVisible() {
    assertThat(TerminalText.escape("\ud83d")).isEqualTo("\\ud83d");
    assertThat(TerminalText.escape("\ude00\ud83d\ude00")).isEqualTo("\\ude00😀");
  }
}
