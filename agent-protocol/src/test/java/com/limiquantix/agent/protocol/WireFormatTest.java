package com.limiquantix.agent.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthProto;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.PingRequest;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Names, numbers and types on the wire stay what deployed peers speak. */
class WireFormatTest {

  @Test
  void v1MessagesAndEnumsAreExactlyThoseOfTheFieldTable() throws Exception {
    Set<String> declared = new TreeSet<>();
    for (FileDescriptor file : ProtoFiles.descriptors("limiquantix.agent.v1")) {
      file.getMessageTypes().forEach(message -> describe(message, declared));
      file.getEnumTypes().forEach(type -> describe(type, declared));
    }
    assertThat(declared).containsExactlyElementsOf(fieldTable());
  }

  @Test
  void aV1PingHasTheBytesThatDeployedPeersSend() {
    AgentMessage ping =
        AgentMessage.newBuilder()
            .setMessageId("a")
            .setPing(PingRequest.newBuilder().setSequence(300))
            .build();
    assertThat(HexFormat.of().formatHex(ping.toByteArray())).isEqualTo("0a0161520308ac02");
  }

  @Test
  void aV1FrameBeginsWithQtxAndItsVersion() {
    assertThat(Limits.V1_MAGIC).isEqualTo(0x51545801);
  }

  @Test
  void healthIsTheStandardServiceUnderOurOwnJavaPackage() {
    FileDescriptor health = HealthProto.getDescriptor();
    assertThat(ProtoFiles.methods(List.of(health)).stream().map(ProtoFiles::fullName))
        .containsExactlyInAnyOrder(
            "grpc.health.v1.Health/Check",
            "grpc.health.v1.Health/List",
            "grpc.health.v1.Health/Watch");
    Set<String> declared = new TreeSet<>();
    health.getMessageTypes().forEach(message -> describe(message, declared));
    assertThat(declared)
        .containsExactlyInAnyOrder(
            "message\tHealthCheckRequest",
            "field\tHealthCheckRequest\t1\tsingle\tstring\tservice",
            "message\tHealthCheckResponse",
            "field\tHealthCheckResponse\t1\tsingle\tServingStatus\tstatus",
            // The one addition, which clients of the standard skip.
            "field\tHealthCheckResponse\t1000\tsingle\tstring\treason",
            "message\tHealthListRequest",
            "message\tHealthListResponse",
            "field\tHealthListResponse\t1\tmap\tmap<string, HealthCheckResponse>\tstatuses");
    Set<String> states = new TreeSet<>();
    describe(ServingStatus.getDescriptor(), states);
    assertThat(states)
        .containsExactlyInAnyOrder(
            "value\tServingStatus\t0\tUNKNOWN",
            "value\tServingStatus\t1\tSERVING",
            "value\tServingStatus\t2\tNOT_SERVING",
            "value\tServingStatus\t3\tSERVICE_UNKNOWN");
  }

  @Test
  void everyMessageFieldMethodAndValueHasAComment() throws Exception {
    List<String> bare = new ArrayList<>();
    for (Path source : ProtoFiles.sources()) {
      String before = "";
      for (String line : Files.readAllLines(source)) {
        boolean needsOne =
            line.matches("\\s*(message|enum|service|rpc|oneof) .*|.*[\\w>] \\w+ = \\d+;")
                || line.matches("\\s*[A-Z_]+ = \\d+;");
        if (needsOne && !before.strip().startsWith("//") && !line.contains("oneof payload")) {
          bare.add(source + ": " + line.strip());
        }
        before = line;
      }
    }
    assertThat(bare).isEmpty();
  }

  private static Set<String> fieldTable() throws Exception {
    try (InputStream table = WireFormatTest.class.getResourceAsStream("/wire-v1.tsv")) {
      String text =
          new String(Objects.requireNonNull(table).readAllBytes(), StandardCharsets.UTF_8);
      List<String> rows = text.lines().filter(line -> !line.startsWith("#")).toList();
      assertThat(rows).doesNotHaveDuplicates();
      return new TreeSet<>(rows);
    }
  }

  private static void describe(Descriptor message, Set<String> into) {
    into.add("message\t" + message.getName());
    for (FieldDescriptor field : message.getFields()) {
      String row =
          String.join(
              "\t",
              "field",
              message.getName(),
              Integer.toString(field.getNumber()),
              label(field),
              type(field),
              field.getName());
      into.add(row);
    }
    assertThat(message.getNestedTypes())
        .allMatch(nested -> nested.getOptions().getMapEntry(), "nested types are map entries");
  }

  private static void describe(EnumDescriptor type, Set<String> into) {
    type.getValues()
        .forEach(
            value ->
                into.add(
                    String.join(
                        "\t",
                        "value",
                        type.getName(),
                        Integer.toString(value.getNumber()),
                        value.getName())));
  }

  private static String label(FieldDescriptor field) {
    if (field.isMapField()) {
      return "map";
    }
    if (field.isRepeated()) {
      return "repeated";
    }
    if (field.getRealContainingOneof() != null) {
      return "oneof:" + field.getRealContainingOneof().getName();
    }
    return field.getContainingOneof() != null ? "optional" : "single";
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      Descriptor entry = field.getMessageType();
      return "map<%s, %s>"
          .formatted(type(entry.findFieldByNumber(1)), type(entry.findFieldByNumber(2)));
    }
    return switch (field.getJavaType()) {
      case MESSAGE ->
          field.getMessageType().getFile().getPackage().equals(field.getFile().getPackage())
              ? field.getMessageType().getName()
              : field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getName();
      default -> field.getType().name().toLowerCase(Locale.ROOT);
    };
  }
}
