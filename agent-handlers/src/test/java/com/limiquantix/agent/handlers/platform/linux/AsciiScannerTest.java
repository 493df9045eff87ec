package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AsciiScannerTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "9223372036854775807, 9223372036854775807",
    "9223372036854775808, 9223372036854775807",
    "18446744073709551615, 9223372036854775807",
    "99999999999999999999999999, 9223372036854775807",
    "00012x, 12"
  })
  void givenDigits_thenTheyAreANumberThatNeverTurnsNegative(String text, long value)
      throws IOException {
    assertThat(Samples.text(" \t" + text).number()).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"0.06, 0.06", "12345.67, 12345.67", "3, 3", "1., 1", "0.1234567, 0.123456"})
  void givenADecimalNumber_thenItsFirstSixDecimalsCount(String text, double value)
      throws IOException {
    assertThat(Samples.text(text).decimal()).isEqualTo(value);
  }

  @Test
  void givenSomethingElse_thenTheMessageNamesTheFileAndThePlace() {
    AsciiScanner scanner = Samples.text("ab c");
    assertThat(scanner.take(AsciiScanner.ascii("ab"))).isTrue();

    assertThatThrownBy(scanner::number)
        .isInstanceOf(IOException.class)
        .hasMessage("text lacks a number at byte 3");
  }

  @Test
  void givenTextBeforeASeparator_thenTheSearchEndsWithTheLine() {
    AsciiScanner scanner = Samples.text("one\ntwo:three");

    assertThat(scanner.textBefore(':')).isEmpty();
    scanner.nextLine();
    assertThat(scanner.textBefore(':')).isEqualTo("two");
    assertThat(scanner.take(AsciiScanner.ascii("three"))).isTrue();
    assertThat(scanner.atEnd()).isTrue();
  }
}
