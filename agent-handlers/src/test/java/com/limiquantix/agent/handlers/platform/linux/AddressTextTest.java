package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AddressTextTest {
  @ParameterizedTest
  @CsvSource({
    "c0000201, 192.0.2.1",
    "00000000, 0.0.0.0",
    "ffffffff, 255.255.255.255",
    "20010db8000000000000000000000001, 2001:db8::1",
    "00000000000000000000000000000001, ::1",
    "00000000000000000000000000000000, ::",
    "fe800000000000000000000000000000, fe80::",
    "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1",
    "20010000000000010000000000000001, 2001:0:0:1::1",
    "20010db8000000000001000000000001, 2001:db8::1:0:0:1",
    "20010db80000aaaabbbbccccddddeeee, 2001:db8:0:aaaa:bbbb:cccc:dddd:eeee",
    "00010002000300040005000600070000, 1:2:3:4:5:6:7:0",
    "00000000000000000000ffffc0000201, ::ffff:192.0.2.1"
  })
  void givenAnAddress_thenItIsWrittenAsRfc5952Asks(String bytes, String text) {
    assertThat(AddressText.ip(HexFormat.of().parseHex(bytes))).isEqualTo(text);
  }

  @Test
  void givenAHardwareAddress_thenOnlySixBytesThatAreNotAllZeroAreOne() {
    assertThat(AddressText.mac(HexFormat.of().parseHex("525400abcdef")))
        .isEqualTo("52:54:00:ab:cd:ef");
    assertThat(AddressText.mac(new byte[6])).isEmpty();
    assertThat(AddressText.mac(new byte[0])).isEmpty();
    assertThat(AddressText.mac(HexFormat.of().parseHex("c0000201"))).isEmpty();
    assertThat(AddressText.mac(HexFormat.of().parseHex("80000048fe80000000000000f4521403007bcba1")))
        .isEmpty();
  }
}
