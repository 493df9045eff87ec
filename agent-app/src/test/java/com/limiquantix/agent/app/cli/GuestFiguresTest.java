package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestFiguresTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1572864, 1.5 MiB",
    "2147483648, 2.0 GiB",
    "1099511627776, 1.0 TiB",
    "-1, 16.0 EiB"
  })
  void bytesHaveTheLargestUnitThatFits(long bytes, String text) {
    assertThat(GuestFigures.bytes(bytes)).isEqualTo(text);
  }

  @Test
  void numbersThatAreNoneAreSaidToBe() {
    assertThat(GuestFigures.rounded(99.95, 1)).isEqualTo("100.0");
    assertThat(GuestFigures.rounded(Double.NEGATIVE_INFINITY, 1)).isEqualTo("?");
  }

  @Test
  void timesThatAreNoneAreEmpty() {
    assertThat(GuestFigures.time(Timestamp.getDefaultInstance())).hasValue("1970-01-01T00:00:00Z");
    assertThat(GuestFigures.time(Timestamp.newBuilder().setSeconds(Long.MIN_VALUE).build()))
        .isEmpty();
  }
}
