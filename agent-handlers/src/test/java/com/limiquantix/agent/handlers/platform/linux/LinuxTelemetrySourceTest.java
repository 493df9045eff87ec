package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.handlers.telemetry.CpuTimes;
import com.limiquantix.agent.handlers.telemetry.TelemetrySource;
import com.limiquantix.agent.handlers.telemetry.TelemetrySourceContract;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.InterfaceInfo;
import com.limiquantix.agent.protocol.v1.InterfaceState;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** This system, and copies of others' /proc with filesystems and interfaces of ours. */
@EnabledOnOs(OS.LINUX)
final class LinuxTelemetrySourceTest extends TelemetrySourceContract {
  private final BlockingStatVfs statVfs = new BlockingStatVfs();
  private final SampleDevices devices = new SampleDevices();

  @Override
  protected TelemetrySource open() throws IOException {
    return LinuxTelemetrySource.open();
  }

  @Test
  void givenUbuntu2204_thenEveryFigureIsThatOfItsFiles() throws IOException {
    TelemetryReport.Builder report = TelemetryReport.newBuilder();
    CpuTimes cpu;
    try (TelemetrySource source = of(Samples.proc("ubuntu2204"))) {
      cpu = source.sample(report);
    }

    assertThat(cpu.idle()).isEqualTo(9811734 + 14823);
    assertThat(report.getMemoryTotalBytes()).isEqualTo(4005188L * 1024);
    assertThat(report.getMemoryUsedBytes()).isEqualTo((4005188L - 2897340) * 1024);
    assertThat(report.getSwapTotalBytes()).isEqualTo(2097148L * 1024);
    assertThat(report.getSwapUsedBytes()).isEqualTo((2097148L - 2075124) * 1024);
    assertThat(report.getLoadAvg1()).isEqualTo(1.09);
    assertThat(report.getLoadAvg5()).isEqualTo(0.62);
    assertThat(report.getLoadAvg15()).isEqualTo(0.41);
    assertThat(report.getUptimeSeconds()).isEqualTo(50241);
    assertThat(report.getHostname()).isEqualTo("web-1");
    assertThat(report.getProcessCount()).isZero();
    assertThat(report.getDisksList())
        .extracting(DiskUsage::getMountPoint)
        .containsExactly("/", "/boot", "/boot/efi", "/srv/data and\tmore\\\n");
    assertThat(report.getDisks(0).getUsagePercent()).isEqualTo(100.0 * 60 / 90);
  }

  @Test
  void givenUbuntu2204_thenInterfacesHaveTheirCountersAddressesAndState() throws IOException {
    devices.add("lo", 0x49, new byte[6], "7f000001");
    devices.add("enp1s0", 0x43, mac(1), "c0000205", "20010db8000000000000000000000005");
    devices.add("docker0", 0x3, mac(2), "ac110001");
    devices.add("wg-tunnel-site15", 0x51, new byte[0]);
    devices.add("not-counted", 0x43, mac(3), "c0000209");

    TelemetryReport report = sample(Samples.proc("ubuntu2204"));

    assertThat(report.getInterfacesList())
        .extracting(InterfaceInfo::getName)
        .containsExactly("enp1s0", "docker0", "wg-tunnel-site15");
    InterfaceInfo first = report.getInterfaces(0);
    assertThat(first)
        .isEqualTo(
            InterfaceInfo.newBuilder()
                .setName("enp1s0")
                .setMacAddress("52:54:00:00:00:01")
                .addIpv4Addresses("192.0.2.5")
                .addIpv6Addresses("2001:db8::5")
                .setState(InterfaceState.INTERFACE_STATE_UP)
                .setMtu(SampleDevices.MTU)
                .setRxBytes(6442450944123L)
                .setRxPackets(5120934011L)
                .setTxBytes(88123456789L)
                .setTxPackets(70123456)
                .build());
    assertThat(report.getInterfaces(1).getState()).isEqualTo(InterfaceState.INTERFACE_STATE_DOWN);
    assertThat(report.getInterfaces(2).getMacAddress()).isEmpty();
    assertThat(report.getInterfaces(2).getState()).isEqualTo(InterfaceState.INTERFACE_STATE_UP);
  }

  @Test
  void givenAnInterfaceThatGoesWhileItIsReadAndAMountThatIsGone_thenTheRestIsReported()
      throws IOException {
    devices.add("enp1s0", 0x43, mac(1));
    devices.add("docker0", 0x3, mac(2));
    devices.vanishBeforeMtu("enp1s0");
    statVfs.remove("/boot");

    TelemetryReport report = sample(Samples.proc("ubuntu2204"));

    assertThat(report.getInterfacesList())
        .extracting(InterfaceInfo::getName)
        .containsExactly("docker0");
    assertThat(report.getDisksList())
        .extracting(DiskUsage::getMountPoint)
        .containsExactly("/", "/boot/efi", "/srv/data and\tmore\\\n");
  }

  @Test
  void givenMoreAddressesThanAllowed_thenTheFirstAreReported() throws IOException {
    String[] many = new String[LinuxInterfaces.MAX_ADDRESSES + 10];
    for (int i = 0; i < many.length; i++) {
      many[i] = String.format("0a0000%02x", i);
    }
    devices.add("docker0", 0x3, mac(2), many);

    assertThat(sample(Samples.proc("ubuntu2204")).getInterfaces(0).getIpv4AddressesCount())
        .isEqualTo(LinuxInterfaces.MAX_ADDRESSES);
  }

  @Test
  void givenRhel6_thenAMissingHostNameIsEmptyAndItsHungServerIsLeftOut() throws Exception {
    statVfs.hang("/net/filer/home");
    try (LinuxTelemetrySource source =
        new LinuxTelemetrySource(Samples.proc("rhel6"), statVfs, devices, Duration.ZERO)) {
      TelemetryReport.Builder report = TelemetryReport.newBuilder();
      source.sample(report);

      assertThat(report.getHostname()).isEmpty();
      assertThat(report.getDisksList())
          .extracting(DiskUsage::getMountPoint)
          .containsExactly("/", "/boot");
    }
    statVfs.answer("/net/filer/home");
    statVfs.awaitWaiting(0);
  }

  @Test
  void givenFilesThatChange_whenReadAgain_thenTheNewIsReported(@TempDir Path proc)
      throws IOException {
    copy(Samples.proc("ubuntu2204"), proc);
    try (TelemetrySource source = of(proc)) {
      source.sample(TelemetryReport.newBuilder());
      Files.writeString(proc.resolve("uptime"), "60241.01 1.00\n");
      Files.writeString(
          proc.resolve("self/mountinfo"), "20 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n");
      Files.createDirectory(proc.resolve("17"));
      Files.createDirectory(proc.resolve("18"));
      TelemetryReport.Builder report = TelemetryReport.newBuilder();
      source.sample(report);

      assertThat(report.getUptimeSeconds()).isEqualTo(60241);
      assertThat(report.getDisksList())
          .extracting(DiskUsage::getDevice)
          .containsExactly("/dev/vda");
      assertThat(report.getProcessCount()).isEqualTo(2);
    }
  }

  @Test
  void givenAFileThatSaysNothing_thenTheReadingFailsAndALaterOneMaySucceed(@TempDir Path proc)
      throws IOException {
    copy(Samples.proc("ubuntu2204"), proc);
    String good = Files.readString(proc.resolve("meminfo"));
    try (TelemetrySource source = of(proc)) {
      Files.writeString(proc.resolve("meminfo"), "");
      assertThatThrownBy(() -> source.sample(TelemetryReport.newBuilder()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("meminfo lacks MemTotal");

      Files.writeString(proc.resolve("meminfo"), good);
      TelemetryReport.Builder report = TelemetryReport.newBuilder();
      source.sample(report);
      assertThat(report.getMemoryTotalBytes()).isPositive();
    }
  }

  @Test
  void givenNoProc_thenItCannotBeOpenedAndWhatWasOpenIsClosed(@TempDir Path empty) {
    assertThatThrownBy(() -> of(empty))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(empty.resolve("stat").toString());
    assertThat(devices.isClosed()).isTrue();
  }

  /** Counters of this machine as other programs see them. */
  @Test
  void givenThisSystem_thenProcessesAreCountedAsProcListsThem() throws IOException {
    long least = processes();
    TelemetryReport.Builder report = TelemetryReport.newBuilder();
    try (TelemetrySource source = open()) {
      source.sample(report);
    }
    long between = Math.abs(processes() - least) + 20;

    assertThat((long) report.getProcessCount()).isBetween(least - between, least + between);
  }

  private static long processes() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      return entries.filter(path -> path.getFileName().toString().matches("[0-9]+")).count();
    }
  }

  private TelemetryReport sample(Path proc) throws IOException {
    TelemetryReport.Builder report = TelemetryReport.newBuilder();
    try (TelemetrySource source = of(proc)) {
      source.sample(report);
    }
    return report.build();
  }

  private TelemetrySource of(Path proc) throws IOException {
    return new LinuxTelemetrySource(proc, statVfs, devices, Duration.ofSeconds(20));
  }

  private static byte[] mac(int last) {
    return new byte[] {0x52, 0x54, 0, 0, 0, (byte) last};
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(from)) {
      all = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : all) {
      Path target = to.resolve(from.relativize(file).toString());
      Files.createDirectories(target.getParent());
      Files.copy(file, target);
    }
  }
}
