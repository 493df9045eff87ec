package com.limiquantix.agent.handlers.exec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessTableTest {
  private static final String REST =
      " S 1 4711 4700 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 10 18446744073709551615";

  @Test
  void given_a_line_of_proc_stat_then_its_fields_are_found() {
    assertThat(ProcessTable.parse("4711 (sleep)" + REST))
        .contains(new ProcessTable.Entry(4711, "sleep", 'S', 1, 4700, 987654));
  }

  @Test
  void given_a_name_with_spaces_and_brackets_then_the_fields_after_it_are_found() {
    assertThat(ProcessTable.parse("4711 (a) Z 1 (b)" + REST))
        .contains(new ProcessTable.Entry(4711, "a) Z 1 (b", 'S', 1, 4700, 987654));
  }

  @Test
  void given_half_a_line_then_there_is_no_entry() {
    assertThat(ProcessTable.parse("")).isEmpty();
    assertThat(ProcessTable.parse("4711 (sleep")).isEmpty();
    assertThat(ProcessTable.parse("4711 (sleep) S 1")).isEmpty();
  }
}
