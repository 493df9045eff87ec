package com.limiquantix.agent.transport.internal.call;

import com.google.protobuf.ByteString;
import com.limiquantix.agent.protocol.v2.MetadataEntry;
import io.grpc.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** gRPC metadata as entries of a message. Order within a key is kept. */
final class MetadataCodec {

  /** The time a call has left, as gRPC's wire specification names and writes it. */
  static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> ACCEPT_ENCODING =
      Metadata.Key.of("grpc-accept-encoding", Metadata.ASCII_STRING_MARSHALLER);

  private MetadataCodec() {}

  /** Copies all entries; later changes of {@code metadata} do not matter. */
  static List<MetadataEntry> encode(Metadata metadata) {
    List<MetadataEntry> entries = new ArrayList<>();
    for (String name : metadata.keys()) {
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
        for (byte[] value : values(metadata, key)) {
          entries.add(entry(name, ByteString.copyFrom(value)));
        }
      } else {
        Metadata.Key<String> key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
        for (String value : values(metadata, key)) {
          entries.add(entry(name, ByteString.copyFrom(value, StandardCharsets.US_ASCII)));
        }
      }
    }
    return entries;
  }

  private static <T> Iterable<T> values(Metadata metadata, Metadata.Key<T> key) {
    Iterable<T> values = metadata.getAll(key);
    return values == null ? List.of() : values;
  }

  private static MetadataEntry entry(String name, ByteString value) {
    return MetadataEntry.newBuilder().setKey(name).setValue(value).build();
  }

  /**
   * The opposite.
   *
   * @throws IllegalArgumentException if a key is no legal name
   */
  static Metadata decode(List<MetadataEntry> entries) {
    Metadata metadata = new Metadata();
    for (MetadataEntry entry : entries) {
      String name = entry.getKey();
      if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        metadata.put(
            Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER), entry.getValue().toByteArray());
      } else {
        metadata.put(
            Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER),
            entry.getValue().toString(StandardCharsets.US_ASCII));
      }
    }
    return metadata;
  }

  /** At most 8 digits and a unit, rounded up, as the gRPC wire specification wants it. */
  static String timeout(long nanos) {
    long value = Math.max(nanos, 1);
    long[] factors = {1, 1_000, 1_000, 1_000, 60, 60};
    String units = "numSMH";
    int unit = 0;
    while (unit < 5 && value >= 100_000_000L) {
      unit++;
      value = (value + factors[unit] - 1) / factors[unit];
    }
    return Math.min(value, 99_999_999L) + units.substring(unit, unit + 1);
  }
}
