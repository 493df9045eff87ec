package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JsonObjectTest {

  @Test
  void writesMembersInTheirOrder() {
    JsonObject json =
        new JsonObject()
            .put("b", true)
            .put("a", 1)
            .put("m", new BigDecimal("0.100"))
            .put("l", List.of("x", "y"))
            .put("o", new TreeMap<>())
            .put("e", List.of())
            .putNull("n")
            .putUnsigned("u", -1);

    assertThat(json)
        .hasToString(
            "{\"b\":true,\"a\":1,\"m\":0.100,\"l\":[\"x\",\"y\"],\"o\":{},\"e\":[],\"n\":null,"
                + "\"u\":18446744073709551615}");
  }

  @Test
  void escapesWhatJsonAndTerminalsMustNotSee() {
    assertThat(new JsonObject().put("k\"", "\"\\/\b\f\n\r\t\u0001\u007f\u0085\u202e\ud800é😀"))
        .hasToString(
            "{\"k\\\"\":\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u007f\\u0085\\u202e\\ud800é😀\"}");
  }
}
