package com.limiquantix.agent.app.v1peer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Writes a protobuf message field by field, in the order and with the values it is told: also what
 * proto3 would leave out.
 */
public final class ProtoWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A field of any whole-number type, bool or enum; a negative int32 takes ten bytes. */
  public ProtoWriter number(int field, long value) {
    tag(field, ProtoFields.VARINT);
    varint(value);
    return this;
  }

  /** A bool that is true. */
  public ProtoWriter yes(int field) {
    return number(field, 1);
  }

  /** A double. */
  public ProtoWriter real(int field, double value) {
    return fixed(field, Double.doubleToRawLongBits(value));
  }

  /** A fixed64. */
  public ProtoWriter fixed(int field, long value) {
    tag(field, ProtoFields.FIXED64);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      out.write((int) (value >>> shift));
    }
    return this;
  }

  /** A string, or one element of a repeated one. */
  public ProtoWriter text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Bytes. */
  public ProtoWriter bytes(int field, byte[] value) {
    tag(field, ProtoFields.LENGTH_DELIMITED);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  /** A message, or one element of a repeated one. */
  public ProtoWriter message(int field, ProtoWriter value) {
    return bytes(field, value.toBytes());
  }

  /** One entry of a map of strings. */
  public ProtoWriter entry(int field, String key, String value) {
    return message(field, new ProtoWriter().text(1, key).text(2, value));
  }

  /** A google.protobuf.Timestamp. */
  public ProtoWriter time(int field, Instant value) {
    long seconds = value.getEpochSecond();
    int nanos = value.getNano();
    ProtoWriter timestamp = new ProtoWriter().number(1, seconds);
    return message(field, nanos == 0 ? timestamp : timestamp.number(2, nanos));
  }

  /** What was written so far. */
  public byte[] toBytes() {
    return out.toByteArray();
  }

  private void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
