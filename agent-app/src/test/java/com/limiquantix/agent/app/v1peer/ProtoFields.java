package com.limiquantix.agent.app.v1peer;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of a protobuf message as they stand on the wire. An absent field reads as its type's
 * default, and of a field that is there more than once a singular getter takes the last, both as
 * protobuf says.
 */
public final class ProtoFields {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int FIXED32 = 5;

  private static final int MAX_VARINT_BITS = 64;

  /** A varint and fixed numbers are in {@code number}, all else is in {@code content}. */
  private record Field(int id, int wireType, long number, ByteBuffer content) {}

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final List<Field> fields = new ArrayList<>();

  private ProtoFields() {}

  /**
   * Reads a message.
   *
   * @throws IllegalArgumentException if these bytes are none
   */
  public static ProtoFields read(byte[] message) {
    return read(ByteBuffer.wrap(message));
  }

  private static ProtoFields read(ByteBuffer message) {
    ProtoFields all = new ProtoFields();
    ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (in.hasRemaining()) {
        all.fields.add(field(in));
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the message ends within a field", e);
    }
    return all;
  }

  private static Field field(ByteBuffer in) {
    long tag = varint(in);
    int id = (int) (tag >>> 3);
    int wireType = (int) (tag & 7);
    return switch (wireType) {
      case VARINT -> new Field(id, wireType, varint(in), NOTHING);
      case FIXED64 -> new Field(id, wireType, in.getLong(), NOTHING);
      case FIXED32 -> new Field(id, wireType, in.getInt(), NOTHING);
      case LENGTH_DELIMITED -> new Field(id, wireType, 0, slice(in, varint(in)));
      default -> throw new IllegalArgumentException("field " + id + " has wire type " + wireType);
    };
  }

  private static ByteBuffer slice(ByteBuffer in, long length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer content = in.slice(in.position(), (int) length);
    in.position(in.position() + (int) length);
    return content;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than ten bytes");
  }

  /** The numbers of the fields that are there, in their order, as often as they are. */
  public List<Integer> ids() {
    return fields.stream().map(Field::id).toList();
  }

  /** A whole number, bool or enum. */
  public long number(int id) {
    long value = 0;
    for (Field field : of(id, VARINT)) {
      value = field.number();
    }
    return value;
  }

  /** A bool. */
  public boolean flag(int id) {
    return number(id) != 0;
  }

  /** A double. */
  public double real(int id) {
    return Double.longBitsToDouble(fixed(id));
  }

  /** A fixed64. */
  public long fixed(int id) {
    long value = 0;
    for (Field field : of(id, FIXED64)) {
      value = field.number();
    }
    return value;
  }

  /** A string. */
  public String text(int id) {
    return new String(bytes(id), StandardCharsets.UTF_8);
  }

  /** A repeated string. */
  public List<String> texts(int id) {
    return of(id, LENGTH_DELIMITED).stream()
        .map(field -> StandardCharsets.UTF_8.decode(field.content().duplicate()).toString())
        .toList();
  }

  /** Bytes. */
  public byte[] bytes(int id) {
    ByteBuffer last = NOTHING;
    for (Field field : of(id, LENGTH_DELIMITED)) {
      last = field.content();
    }
    byte[] copy = new byte[last.remaining()];
    last.duplicate().get(copy);
    return copy;
  }

  /** A message. */
  public ProtoFields message(int id) {
    return read(bytes(id));
  }

  /** A repeated message. */
  public List<ProtoFields> messages(int id) {
    return of(id, LENGTH_DELIMITED).stream().map(field -> read(field.content())).toList();
  }

  /** A map of strings, in the order of the wire. */
  public Map<String, String> entries(int id) {
    Map<String, String> map = new LinkedHashMap<>();
    messages(id).forEach(entry -> map.put(entry.text(1), entry.text(2)));
    return map;
  }

  /** A google.protobuf.Timestamp; the epoch if it is absent. */
  public Instant time(int id) {
    ProtoFields timestamp = message(id);
    return Instant.ofEpochSecond(timestamp.number(1), timestamp.number(2));
  }

  private List<Field> of(int id, int wireType) {
    return fields.stream()
        .filter(field -> field.id() == id && field.wireType() == wireType)
        .toList();
  }
}
