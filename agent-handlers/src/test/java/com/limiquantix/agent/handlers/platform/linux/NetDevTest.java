package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NetDevTest {
  @Test
  void givenUbuntu2204_thenBytesAndPacketsAreFoundInTheirColumns() throws IOException {
    Map<String, InterfaceInfo> found = parse(Samples.scanner("ubuntu2204", "net/dev"), 256);

    assertThat(found.keySet())
        .containsExactly("lo", "enp1s0", "docker0", "veth1a2b3c4", "wg-tunnel-site15");
    assertThat(found.get("enp1s0"))
        .isEqualTo(counters("enp1s0", 6442450944123L, 5120934011L, 88123456789L, 70123456));
    assertThat(found.get("wg-tunnel-site15")).isEqualTo(counters("wg-tunnel-site15", 1, 2, 9, 10));
  }

  @Test
  void givenRhel6_thenACounterThatTouchesTheNameIsRead() throws IOException {
    Map<String, InterfaceInfo> found = parse(Samples.scanner("rhel6", "net/dev"), 256);

    assertThat(found.keySet()).containsExactly("lo", "eth0", "eth1", "sit0");
    assertThat(found.get("eth0"))
        .isEqualTo(counters("eth0", 4294967295123L, 3912345678L, 1234567890, 12345678));
  }

  @Test
  void givenALineThatIsCut_thenItIsPassedOver() throws IOException {
    String head = "head\nhead\n eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n";

    assertThat(parse(Samples.text(head + " eth1: 1 2 0 0 0"), 256).keySet())
        .containsExactly("eth0");
    assertThat(parse(Samples.text(head + " eth"), 256).keySet()).containsExactly("eth0");
    assertThat(parse(Samples.text(""), 256)).isEmpty();
  }

  @Test
  void givenMoreInterfacesThanAllowed_thenTheRestIsPassedOver() throws IOException {
    assertThat(parse(Samples.scanner("ubuntu2204", "net/dev"), 2).keySet())
        .containsExactly("lo", "enp1s0");
  }

  private static Map<String, InterfaceInfo> parse(AsciiScanner file, int most) throws IOException {
    Map<String, InterfaceInfo.Builder> builders = new LinkedHashMap<>();
    NetDev.parse(file, builders, most);
    Map<String, InterfaceInfo> found = new LinkedHashMap<>();
    builders.forEach((name, builder) -> found.put(name, builder.build()));
    return found;
  }

  private static InterfaceInfo counters(
      String name, long in, long packetsIn, long out, long packetsOut) {
    return InterfaceInfo.newBuilder()
        .setName(name)
        .setRxBytes(in)
        .setRxPackets(packetsIn)
        .setTxBytes(out)
        .setTxPackets(packetsOut)
        .build();
  }
}
