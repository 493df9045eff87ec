package com.limiquantix.agent.transport.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.BufferBudget;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InboundMessageTest {
  private final BufferBudget budget = new BufferBudget(64 << 20);

  private InboundMessage.Builder begin(int totalBytes) {
    assertThat(budget.tryReserve(CallStream.cost(totalBytes))).isTrue();
    return new InboundMessage.Builder(totalBytes, false, budget);
  }

  @Test
  void givenPiecesOfAnySize_whenComplete_thenTheContentIsWhole() throws IOException {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      byte[] content = new byte[random.nextInt(100_000)];
      random.nextBytes(content);
      InboundMessage.Builder builder = begin(content.length);
      for (int at = 0; at < content.length; ) {
        int most = random.nextBoolean() ? 70_000 : 10;
        int size = Math.min(random.nextInt(most), content.length - at);
        builder.add(ByteBuffer.wrap(content, at, size));
        at += size;
        assertThat(builder.missingBytes()).isEqualTo(content.length - at);
      }
      InboundMessage message = builder.build();

      assertThat(message.content().readAllBytes()).as("seed %d", seed).isEqualTo(content);
      message.release();
      message.release();
      assertThat(budget.usedBytes()).isZero();
    }
  }

  @Test
  void givenAMessageWithinSomethingLarger_whenMoreIsAskedFor_thenItEndsWhereItEnds()
      throws IOException {
    byte[] whole = {1, 2, 3, 4, 5, 6};
    InputStream content = InboundMessage.part(whole, 1, 3, budget, 0).content();
    byte[] read = new byte[10];

    assertThat(content.read(read)).isEqualTo(3);
    assertThat(read).startsWith(2, 3, 4, 0);
    assertThat(content.available()).isZero();
    assertThat(content.read(read)).isEqualTo(-1);
    assertThat(content.read()).isEqualTo(-1);
  }

  @Test
  void givenMessageInPiecesOfOneByteAndNone_whenItArrives_thenItTakesNoMoreThanItsLength() {
    int total = 4 << 20;
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    long before = memory.getHeapMemoryUsage().getUsed();
    InboundMessage.Builder builder = begin(total);
    for (int i = 1; i < total; i++) {
      builder.add(ByteBuffer.allocate(1));
      builder.add(ByteBuffer.allocate(0));
    }
    memory.gc();
    long taken = memory.getHeapMemoryUsage().getUsed() - before;

    assertThat(builder.missingBytes()).isEqualTo(1);
    assertThat(taken).isLessThan(2L * total);
    builder.abandon();
    assertThat(budget.usedBytes()).isZero();
  }
}
