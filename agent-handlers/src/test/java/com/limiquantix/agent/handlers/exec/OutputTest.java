package com.limiquantix.agent.handlers.exec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputTest {
  @Test
  void given_a_cut_at_every_byte_then_no_character_is_split_and_none_is_lost() {
    String text = "aé€\uD83D\uDE00z";
    ByteString bytes = ByteString.copyFromUtf8(text);
    for (int size = 0; size <= bytes.size(); size++) {
      String kept = OutputText.of(bytes.substring(0, size), true, size).utf8().toStringUtf8();
      assertThat(text).startsWith(kept);
      assertThat(kept).doesNotContain("\uFFFD");
      assertThat(size - kept.getBytes(StandardCharsets.UTF_8).length).isBetween(0, 3);
    }
  }

  @Test
  void given_replacements_that_exceed_the_limit_then_the_text_is_cut_there() {
    ByteString raw = ByteString.copyFrom(new byte[] {-1, -1, -1, -1});
    OutputText text = OutputText.of(raw, false, 4);
    assertThat(text.utf8().toStringUtf8()).isEqualTo("\uFFFD");
    assertThat(text.cut()).isTrue();
  }

  @Test
  void given_a_spent_budget_then_output_is_cut_without_a_hole_and_what_was_held_comes_back() {
    SharedMemory memory = new SharedMemory(100_000);
    OutputBudget budget = new OutputBudget(5000, memory);
    OutputCollector first = new OutputCollector(100_000, budget);
    first.add(new byte[4096], 4096);
    OutputCollector second = new OutputCollector(100_000, budget);
    second.add(new byte[10], 10);
    assertThat(second.isCut()).isTrue();
    assertThat(second.bytes().size()).isZero();
    first.release();
    second.add(new byte[10], 10);
    assertThat(second.bytes().size()).isZero();
    assertThat(memory.used).hasValue(0);
    assertThat(budget.take(5000)).isTrue();
    assertThat(memory.used).hasValue(5000);
  }

  @Test
  void given_memory_that_others_use_then_output_gets_no_more_than_is_left() {
    SharedMemory memory = new SharedMemory(1000);
    OutputBudget budget = new OutputBudget(5000, memory);
    assertThat(memory.tryReserve(900)).isTrue();
    assertThat(budget.take(200)).isFalse();
    assertThat(budget.take(100)).isTrue();
    budget.giveBack(100);
    memory.release(900);
    assertThat(budget.take(1000)).isTrue();
  }

  @Test
  void given_more_than_the_limit_then_the_first_bytes_are_kept() {
    OutputCollector collector =
        new OutputCollector(5000, new OutputBudget(1 << 20, new SharedMemory(1 << 20)));
    collector.add("x".repeat(4000).getBytes(StandardCharsets.UTF_8), 4000);
    assertThat(collector.isCut()).isFalse();
    collector.add("y".repeat(4000).getBytes(StandardCharsets.UTF_8), 4000);
    assertThat(collector.isCut()).isTrue();
    assertThat(collector.bytes().toStringUtf8()).isEqualTo("x".repeat(4000) + "y".repeat(1000));
  }
}
