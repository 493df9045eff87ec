package com.limiquantix.agent.app.cli;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/**
 * Writes one JSON object (RFC 8259) on one line, members in the order of their adding. What {@link
 * TerminalText} holds for unsafe is written as an escape, so that the text may go to a terminal.
 */
final class JsonObject {
  private final StringBuilder out = new StringBuilder("{");

  JsonObject put(String name, String value) {
    name(name);
    string(value);
    return this;
  }

  JsonObject put(String name, long value) {
    name(name).append(value);
    return this;
  }

  /** An unsigned 64-bit number, as protobuf's uint64 arrives in a {@code long}. */
  JsonObject putUnsigned(String name, long value) {
    name(name).append(Long.toUnsignedString(value));
    return this;
  }

  JsonObject put(String name, BigDecimal value) {
    name(name).append(value.toPlainString());
    return this;
  }

  /** Null for what JSON has no number for: infinities and no number at all. */
  JsonObject put(String name, double value) {
    return Double.isFinite(value) ? put(name, BigDecimal.valueOf(value)) : putNull(name);
  }

  JsonObject put(String name, boolean value) {
    name(name).append(value);
    return this;
  }

  JsonObject putNull(String name) {
    name(name).append("null");
    return this;
  }

  JsonObject put(String name, JsonObject value) {
    name(name).append(value);
    return this;
  }

  JsonObject put(String name, List<String> values) {
    name(name).append('[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      string(values.get(i));
    }
    out.append(']');
    return this;
  }

  JsonObject putObjects(String name, List<JsonObject> values) {
    name(name).append('[');
    for (int i = 0; i < values.size(); i++) {
      out.append(i > 0 ? "," : "").append(values.get(i));
    }
    out.append(']');
    return this;
  }

  JsonObject put(String name, Map<String, String> values) {
    JsonObject inner = new JsonObject();
    values.forEach(inner::put);
    return put(name, inner);
  }

  @Override
  public String toString() {
    return out + "}";
  }

  private StringBuilder name(String name) {
    if (out.length() > 1) {
      out.append(',');
    }
    string(name);
    return out.append(':');
  }

  private void string(String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (TerminalText.isUnsafe(c, value, i)) {
            unicode(c);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private void unicode(char c) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
