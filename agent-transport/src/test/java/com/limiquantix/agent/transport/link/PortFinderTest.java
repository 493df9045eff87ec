package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Which ports a guest has, by what was seen in /dev and /sys of one. */
@DisabledOnOs(OS.WINDOWS)
class PortFinderTest {
  @TempDir private Path root;
  private PortFinder finder;

  @BeforeEach
  void start() {
    finder = new PortFinder.Named(root, DevicePorts.AGENT_NAMES);
  }

  /** The kernel's entry of a port; one without a name has no such file. */
  private void port(String device, String name) throws IOException {
    Path entry = Files.createDirectories(root.resolve("sys/class/virtio-ports/" + device));
    if (!name.isEmpty()) {
      Files.writeString(entry.resolve("name"), name + "\n");
    }
    Files.createDirectories(root.resolve("dev"));
    Files.createFile(root.resolve("dev/" + device));
  }

  /** The link that udev makes. */
  private void link(String name, String device) throws IOException {
    Path links = Files.createDirectories(root.resolve("dev/virtio-ports"));
    Files.createSymbolicLink(links.resolve(name), Path.of("../" + device));
  }

  private PortFinder.Port found(String name, String device) {
    return new PortFinder.Port(name, root.resolve("dev/" + device));
  }

  @Test
  void findsNothingWhereNothingIs() throws IOException {
    assertThat(finder.find()).isEmpty();
    assertThat(finder.absence()).contains(DevicePorts.AGENT_NAMES);
    link("org.limiquantix.agent.0", "vport0p1-gone");
    assertThat(finder.find()).isEmpty();
  }

  @Test
  void findsPortsByTheLinksOfUdevThePreferredNameFirst() throws IOException {
    port("vport0p1", "org.qemu.guest_agent.0");
    port("vport0p2", "org.quantix.agent.0");
    port("vport0p3", "org.limiquantix.agent.0");
    link("org.qemu.guest_agent.0", "vport0p1");
    link("org.quantix.agent.0", "vport0p2");
    link("org.limiquantix.agent.0", "vport0p3");

    assertThat(finder.find())
        .containsExactly(
            found("org.limiquantix.agent.0", "virtio-ports/org.limiquantix.agent.0"),
            found("org.quantix.agent.0", "virtio-ports/org.quantix.agent.0"));
  }

  @Test
  void findsPortsByTheirNamesInTheKernelWhereNoUdevRuns() throws IOException {
    port("vport0p1", "org.qemu.guest_agent.0");
    port("vport1p7", "org.quantix.agent.0");
    port("vport2p1", "");

    assertThat(finder.find()).containsExactly(found("org.quantix.agent.0", "vport1p7"));
  }

  @Test
  void leavesPortsOfOthersAlone() throws IOException {
    port("vport0p1", "org.qemu.guest_agent.0");
    port("vport0p2", "");

    assertThat(finder.find()).isEmpty();
    assertThat(finder.find()).isEmpty();
  }

  @Test
  void takesPortsWithoutANameIfNoPortHasOneAndTheyHadTimeToGetOne() throws IOException {
    port("vport0p1", "");
    port("vport0p2", "");
    assertThat(finder.find()).isEmpty();
    assertThat(finder.find())
        .containsExactly(found("vport0p1", "vport0p1"), found("vport0p2", "vport0p2"));
    port("vport0p0", "");
    assertThat(finder.find()).doesNotContain(found("vport0p0", "vport0p0"));
    Files.writeString(
        root.resolve("sys/class/virtio-ports/vport0p1/name"), "org.qemu.guest_agent.0\n");
    assertThat(finder.find()).isEmpty();
  }

  @Test
  void namesAFixedPortAsTheKernelDoes() throws IOException {
    port("vport0p1", "org.example.channel");
    link("mine", "vport0p1");
    Path byLink = root.resolve("dev/virtio-ports/mine");
    Path absent = root.resolve("dev/vport9p9");

    assertThat(new PortFinder.Fixed(root, byLink).find())
        .containsExactly(new PortFinder.Port("org.example.channel", byLink));
    assertThat(new PortFinder.Fixed(root, absent).find())
        .containsExactly(new PortFinder.Port("vport9p9", absent));
  }
}
