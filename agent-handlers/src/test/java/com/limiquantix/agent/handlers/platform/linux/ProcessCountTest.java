package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ProcessCountTest {
  @Test
  void givenEntriesOfProc_thenOnlyNumbersAreCounted() {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      ByteBuffer entries = entries(order, ".", "..", "1", "4194303", "acpi", "12a", "sys", "7");

      assertThat(ProcessCount.in(entries, entries.position())).isEqualTo(3);
    }
  }

  @Test
  void givenNoEntries_thenThereAreNone() {
    assertThat(ProcessCount.in(ByteBuffer.allocate(0), 0)).isZero();
  }

  @Test
  void givenAnyBytes_thenCountingEnds() {
    Random random = new Random(4711);
    for (int round = 0; round < 1000; round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      assertThat(ProcessCount.in(ByteBuffer.wrap(bytes), bytes.length)).isLessThan(200);
    }
  }

  /** Lays entries out as getdents(2) describes them. */
  private static ByteBuffer entries(ByteOrder order, String... names) {
    ByteBuffer entries = ByteBuffer.allocate(1024).order(order);
    for (String name : names) {
      int start = entries.position();
      int length = (19 + name.length() + 1 + 7) / 8 * 8;
      entries.putLong(4).putLong(start).putShort((short) length).put((byte) 4);
      entries.put(name.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
      entries.position(start + length);
    }
    return entries;
  }
}
