package com.limiquantix.agent.app.v1peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The peer against bytes that were written down by hand. */
final class V1WireTest {
  private static final int BINARY = 0xff;

  private static ProtoWriter body() {
    return new ProtoWriter();
  }

  private static final Map<String, Supplier<ProtoWriter>> BODIES =
      Map.ofEntries(
          Map.entry("ping", () -> body().number(1, 300)),
          Map.entry("pong", () -> body().number(1, 300).text(2, "0.9.4").number(3, 86400)),
          Map.entry("execute", V1WireTest::execute),
          Map.entry(
              "execute_response",
              () ->
                  body()
                      .number(1, 143)
                      .text(2, "out\n")
                      .text(3, "err\n")
                      .yes(4)
                      .yes(5)
                      .number(6, 30_001)),
          Map.entry(
              "execute_response_failed",
              () -> body().number(1, -1).text(7, "NOT_FOUND: no such program")),
          Map.entry("file_write", V1WireTest::fileWrite),
          Map.entry("file_write_response", () -> body().yes(1).number(2, 8).number(4, 1)),
          Map.entry(
              "file_read",
              () ->
                  body()
                      .text(1, "/var/log/syslog")
                      .number(2, 5_000_000_000L)
                      .number(3, 8)
                      .number(4, 4096)),
          Map.entry("file_read_response", V1WireTest::content),
          Map.entry(
              "file_read_response_failed", () -> body().text(7, "PERMISSION_DENIED: /etc/shadow")),
          Map.entry("shutdown", () -> body().number(1, 1).number(2, 60).text(3, "maintenance")),
          Map.entry("shutdown_response", () -> body().yes(1)),
          Map.entry(
              "quiesce",
              () ->
                  body()
                      .text(1, "/")
                      .text(1, "/var")
                      .number(2, 10)
                      .yes(3)
                      .text(4, "/etc/limiquantix/pre-freeze.d")),
          Map.entry("quiesce_response", V1WireTest::quiesced),
          Map.entry("get_capabilities", V1WireTest::body),
          Map.entry("get_capabilities_response", V1WireTest::capabilities),
          Map.entry("agent_ready", V1WireTest::ready),
          Map.entry("telemetry", V1WireTest::telemetry),
          Map.entry(
              "error",
              () ->
                  body()
                      .number(1, 2)
                      .text(2, "DISK_FULL")
                      .text(3, "no space left on /var")
                      .entry(4, "mount_point", "/var")),
          Map.entry(
              "clipboard_changed",
              () -> body().bytes(2, "ä".getBytes(StandardCharsets.UTF_8)).text(3, "text/plain")));

  private static ProtoWriter execute() {
    return body()
        .text(V1Fields.Execute.COMMAND, "/usr/bin/env")
        .text(V1Fields.Execute.ARGS, "-u")
        .text(V1Fields.Execute.ARGS, "HOME")
        .text(V1Fields.Execute.WORKING_DIRECTORY, "/tmp")
        .entry(V1Fields.Execute.ENVIRONMENT, "LANG", "C.UTF-8")
        .entry(V1Fields.Execute.ENVIRONMENT, "GRÜSSE", "schön")
        .number(V1Fields.Execute.TIMEOUT_SECONDS, 30)
        .yes(V1Fields.Execute.WAIT_FOR_EXIT)
        .text(V1Fields.Execute.RUN_AS_USER, "nobody")
        .number(V1Fields.Execute.MAX_OUTPUT_BYTES, 65_536)
        .text(9, "nogroup")
        .yes(10);
  }

  private static ProtoWriter fileWrite() {
    return body()
        .text(V1Fields.FileWrite.PATH, "/tmp/new")
        .bytes(V1Fields.FileWrite.DATA, bytes(0, BINARY, 0x51, 0x54, 0x58, 1, 0x80, 10))
        .number(V1Fields.FileWrite.OFFSET, 65_536)
        .yes(V1Fields.FileWrite.APPEND)
        .yes(V1Fields.FileWrite.EOF)
        .number(V1Fields.FileWrite.MODE, 0640)
        .yes(V1Fields.FileWrite.CREATE_PARENTS)
        .number(V1Fields.FileWrite.CHUNK_NUMBER, 1)
        .number(V1Fields.FileWrite.TOTAL_CHUNKS, 2);
  }

  private static ProtoWriter content() {
    return body()
        .yes(V1Fields.FileContent.SUCCESS)
        .bytes(V1Fields.FileContent.DATA, bytes(0, 1, 'e', 'n', 'd', 0xc3, '(', '\n'))
        .yes(V1Fields.FileContent.EOF)
        .number(V1Fields.FileContent.TOTAL_SIZE, 5_000_000_008L)
        .number(V1Fields.FileContent.OFFSET, 5_000_000_000L)
        .number(V1Fields.FileContent.CHUNK_NUMBER, 1_220_703)
        .number(V1Fields.FileContent.MODE, 0100644)
        .time(V1Fields.FileContent.MODIFIED_AT, Instant.ofEpochSecond(1_699_999_999, 1));
  }

  private static ProtoWriter quiesced() {
    ProtoWriter root = body().text(1, "/").text(2, "/dev/vda1").text(3, "ext4").yes(4);
    ProtoWriter var = body().text(1, "/var").text(5, "busy");
    return body()
        .yes(1)
        .message(2, root)
        .message(2, var)
        .text(4, "token-1")
        .time(5, Instant.ofEpochSecond(1_700_000_100));
  }

  private static ProtoWriter capabilities() {
    return body()
        .text(V1Fields.Capable.VERSION, "0.9.4")
        .text(V1Fields.Capable.OS, "linux")
        .text(V1Fields.Capable.ARCHITECTURE, "x86_64")
        .text(V1Fields.Capable.CAPABILITIES, "execute")
        .text(V1Fields.Capable.CAPABILITIES, "file_read")
        .entry(V1Fields.Capable.FEATURES, "telemetry", "true")
        .text(V1Fields.Capable.BUILD_TIME, "2024-01-31T12:00:00Z")
        .text(V1Fields.Capable.BUILD_COMMIT, "0123abc");
  }

  private static ProtoWriter ready() {
    return body()
        .text(V1Fields.Ready.VERSION, "0.9.4")
        .text(V1Fields.Ready.OS_NAME, "Debian GNU/Linux")
        .text(V1Fields.Ready.OS_VERSION, "12")
        .text(V1Fields.Ready.KERNEL_VERSION, "6.1.0-18-amd64")
        .text(V1Fields.Ready.ARCHITECTURE, "x86_64")
        .text(V1Fields.Ready.HOSTNAME, "db-1")
        .text(V1Fields.Ready.IP_ADDRESSES, "192.0.2.7")
        .text(V1Fields.Ready.IP_ADDRESSES, "2001:db8::7")
        .text(V1Fields.Ready.CAPABILITIES, "execute");
  }

  private static ProtoWriter telemetry() {
    ProtoWriter disk =
        body()
            .text(V1Fields.Telemetry.DISK_MOUNT_POINT, "/")
            .number(V1Fields.Telemetry.DISK_TOTAL_BYTES, 1_000_000_000_000L)
            .real(V1Fields.Telemetry.DISK_USAGE_PERCENT, 0.1);
    ProtoWriter eth =
        body()
            .text(V1Fields.Telemetry.INTERFACE_NAME, "eth0")
            .text(V1Fields.Telemetry.INTERFACE_IPV4_ADDRESSES, "192.0.2.7")
            .number(V1Fields.Telemetry.INTERFACE_STATE, 1)
            .number(V1Fields.Telemetry.INTERFACE_MTU, 1500);
    return body()
        .real(V1Fields.Telemetry.CPU_USAGE_PERCENT, 12.5)
        .number(V1Fields.Telemetry.MEMORY_TOTAL_BYTES, 4_294_967_296L)
        .number(V1Fields.Telemetry.MEMORY_USED_BYTES, 1_073_741_824)
        .message(V1Fields.Telemetry.DISKS, disk)
        .message(V1Fields.Telemetry.INTERFACES, eth)
        .real(V1Fields.Telemetry.LOAD_AVG_1, 0.25)
        .number(V1Fields.Telemetry.PROCESS_COUNT, 123)
        .number(V1Fields.Telemetry.UPTIME_SECONDS, 86_400)
        .text(V1Fields.Telemetry.HOSTNAME, "db-1");
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static ProtoWriter body(String name) {
    return Objects.requireNonNull(BODIES.get(name), name).get();
  }

  private static int payload(String name) {
    String kind = name.replace("_failed", "").replace("pong", "ping_response");
    boolean answer = kind.endsWith("_response");
    V1Payload request = V1Payload.valueOf(kind.replace("_response", "").toUpperCase(Locale.ROOT));
    return answer ? request.answer() : request.number();
  }

  @ParameterizedTest
  @FieldSource("com.limiquantix.agent.app.v1peer.V1Vectors#NAMES")
  void whatIsWrittenIsTheVector(String name) {
    Instant time = Instant.ofEpochSecond(V1Vectors.second(name), V1Vectors.NANOS);
    byte[] message = V1Message.bytes(V1Vectors.id(name), time, payload(name), body(name));

    assertThat(V1Frames.frame(message)).isEqualTo(V1Vectors.frame(name));
  }

  @ParameterizedTest
  @FieldSource("com.limiquantix.agent.app.v1peer.V1Vectors#NAMES")
  void whatIsReadIsTheVector(String name) throws IOException {
    V1Message message = V1Message.read(read(V1Vectors.frame(name)).get(0));

    assertThat(message.id()).isEqualTo(V1Vectors.id(name));
    assertThat(message.time())
        .isEqualTo(Instant.ofEpochSecond(V1Vectors.second(name), V1Vectors.NANOS));
    assertThat(message.payload()).isEqualTo(payload(name));
  }

  private static ProtoFields bodyOf(String name) throws IOException {
    return V1Message.read(read(V1Vectors.frame(name)).get(0)).body();
  }

  @Test
  void everyKindOfFieldIsReadAsItStands() throws IOException {
    ProtoFields execute = bodyOf("execute");
    assertThat(execute.texts(V1Fields.Execute.ARGS)).containsExactly("-u", "HOME");
    assertThat(execute.entries(V1Fields.Execute.ENVIRONMENT))
        .containsExactly(Map.entry("LANG", "C.UTF-8"), Map.entry("GRÜSSE", "schön"));
    assertThat(execute.flag(V1Fields.Execute.WAIT_FOR_EXIT)).isTrue();
    assertThat(bodyOf("execute_response_failed").number(V1Fields.Executed.EXIT_CODE)).isEqualTo(-1);
    ProtoFields content = bodyOf("file_read_response");
    assertThat(content.bytes(V1Fields.FileContent.DATA))
        .isEqualTo(bytes(0, 1, 'e', 'n', 'd', 0xc3, '(', '\n'));
    assertThat(content.number(V1Fields.FileContent.TOTAL_SIZE)).isEqualTo(5_000_000_008L);
    assertThat(content.time(V1Fields.FileContent.MODIFIED_AT))
        .isEqualTo(Instant.ofEpochSecond(1_699_999_999, 1));
    ProtoFields telemetry = bodyOf("telemetry");
    assertThat(telemetry.real(V1Fields.Telemetry.CPU_USAGE_PERCENT)).isEqualTo(12.5);
    assertThat(telemetry.messages(V1Fields.Telemetry.DISKS).get(0).real(7)).isEqualTo(0.1);
    assertThat(telemetry.text(V1Fields.Telemetry.HOSTNAME)).isEqualTo("db-1");
  }

  @Test
  void anAbsentFieldReadsAsItsDefaultAndARepeatedOneAsItsLast() {
    ProtoFields none = ProtoFields.read(new byte[0]);
    assertThat(none.number(1)).isZero();
    assertThat(none.text(1)).isEmpty();
    assertThat(none.time(1)).isEqualTo(Instant.EPOCH);
    ProtoFields twice = ProtoFields.read(body().number(1, 2).number(1, 3).toBytes());
    assertThat(twice.number(1)).isEqualTo(3);
    assertThat(twice.ids()).containsExactly(1, 1);
  }

  @Test
  void whatIsNoMessageIsRefused() {
    assertThatThrownBy(() -> ProtoFields.read(bytes(0x0a, 5, 'a')))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProtoFields.read(bytes(0x0b)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProtoFields.read(bytes(0x08, 0x80)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aReaderSkipsForwardToTheNextMagic() throws IOException {
    byte[] ping = V1Vectors.frame("ping");
    byte[] garbage = bytes(0x51, 0x51, 0x54, 0x51, 0x54, 0x58, 2, 1, 0x51, 0x54, 0x58);
    byte[] hello = bytes(0x51, 0x54, 0x58, 2, 1, 0, 0, 0);
    V1FrameReader reader =
        new V1FrameReader(
            new ByteArrayInputStream(
                V1Frames.join(
                    garbage,
                    ping,
                    V1Frames.header(0),
                    V1Frames.header(1_300_000_000),
                    hello,
                    V1Frames.header(V1Frames.MAX_LENGTH + 1),
                    ping,
                    V1Frames.header(4_294_967_295L),
                    ping,
                    V1Frames.header(7))));

    for (int i = 0; i < 3; i++) {
      assertThat(reader.next()).isEqualTo(Arrays.copyOfRange(ping, 8, ping.length));
    }
    assertThat(reader.next()).isNull();
    assertThat(reader.skipped()).isEqualTo(garbage.length + hello.length + 4L * 8);
    assertThat(reader.hellos()).isEqualTo(2);
  }

  @Test
  void theLongestFrameIsRead() throws IOException {
    byte[] message = new byte[V1Frames.MAX_LENGTH];

    assertThat(read(V1Frames.frame(message))).singleElement().isEqualTo(message);
  }

  private static List<byte[]> read(byte[] stream) throws IOException {
    V1FrameReader reader = new V1FrameReader(new ByteArrayInputStream(stream));
    List<byte[]> messages = new ArrayList<>();
    for (byte[] next = reader.next(); next != null; next = reader.next()) {
      messages.add(next);
    }
    return messages;
  }
}
