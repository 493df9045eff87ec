package com.limiquantix.agent.app.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Vsock as the kernel has it, by loopback in a VM without a vsock device: the agent's service
 * against a host in the same guest, as root, and against a user who is not.
 */
class VsockLoopbackIT {
  private static final int HOST_PORT = 943;
  private static final int AGENT_PORT = 944;
  private static final String TRANSPORT = "com.limiquantix.agent.transport.";

  private static @Nullable Vm booted;

  private static Vm vm() {
    Vm vm = booted;
    if (vm == null) {
      throw new IllegalStateException("not booted");
    }
    return vm;
  }

  @BeforeAll
  static void boot() throws Exception {
    String reason = Vm.whyNot();
    Assumptions.assumeTrue(reason == null, () -> String.valueOf(reason));
    Vm vm = Vm.create();
    booted = vm;
    GuestTests.bring(vm);
    Files.writeString(
        vm.payloadFile("agent.yaml"),
        """
        log_format: pretty
        transport:
          vsock_cid: 1
          vsock_listen_port: %d
        """
            .formatted(AGENT_PORT));
    vm.powerOn();
    vm.awaitBoot();
    vm.guest().output("modprobe vsock_loopback");
    vm.await(
        "the service", Duration.ofSeconds(90), () -> ok("systemctl is-active limiquantix-agent"));
  }

  @AfterAll
  static void end() throws Exception {
    if (booted != null) {
      booted.close();
    }
  }

  private static boolean ok(String command) {
    try {
      return vm().guest().run(command).exitCode() == 0;
    } catch (Exception e) {
      return false;
    }
  }

  private static String asTester(String command) {
    return "setpriv --reuid tester --regid tester --clear-groups " + command;
  }

  private static String host(String... arguments) {
    return GuestTests.command(LoopbackHost.class, arguments);
  }

  private static String log() throws Exception {
    return vm().guest().output("journalctl -u limiquantix-agent -o cat --no-pager");
  }

  @Test
  void givenKernelsVsock_thenLinksKeepTheirContract() throws Exception {
    GuestShell.Result result =
        vm().guest()
            .run(
                GuestTests.command(
                    InGuest.class,
                    TRANSPORT + "link.VsockLinkTest",
                    TRANSPORT + "client.VsockAndPortTest"),
                400_000);

    System.out.println(result.output());
    assertThat(result.output())
        .containsPattern("passed (1[89]|[2-9][0-9]) ")
        .contains("failed 0 skipped 0");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void givenHostThatComesAndGoes_thenTheAgentConnectsWithinTwoSecondsEachTime() throws Exception {
    for (int i = 0; i < 3; i++) {
      String line = vm().guest().output(host("listen", String.valueOf(HOST_PORT)));
      System.out.println(line);
      Matcher seen =
          Pattern.compile("vsock cid=1 port=(\\d+) after (\\d+) ms: the agent runs as root\\s*")
              .matcher(line);
      assertThat(seen.matches()).as(line).isTrue();
      assertThat(Integer.parseInt(seen.group(1))).isBetween(640, 895);
      assertThat(Long.parseLong(seen.group(2))).isLessThan(2_000);
    }
    assertThat(log()).contains("serving vsock cid=1 port=943");
  }

  @Test
  void givenHostThatIsRoot_whenItConnectsToTheAgent_thenItIsServed() throws Exception {
    assertThat(vm().guest().output(host("dial", String.valueOf(AGENT_PORT))))
        .isEqualTo("the agent runs as root\n");
  }

  @Test
  void givenOrdinaryUser_thenHeCanBeNeitherHostNorAgent() throws Exception {
    assertThat(vm().guest().output(asTester(host("listen", String.valueOf(HOST_PORT)))))
        .contains("Cannot listen on vsock port 943", "EACCES", "run as root");
    assertThat(vm().guest().output(asTester(host("dial", String.valueOf(AGENT_PORT)))))
        .contains("from a port below 1024", "EACCES", "run as root");
  }

  @Test
  void givenOrdinaryUser_whenHeConnectsToTheAgentFromAnOrdinaryPort_thenHeGetsNotAByte()
      throws Exception {
    assertThat(vm().guest().output(asTester(connect(AGENT_PORT)))).isEqualTo("b''\n");
    assertThat(log()).contains("may not connect and was disconnected");
  }

  @Test
  void givenOrdinaryUser_whenHeConnectsToAHostFromAnOrdinaryPort_thenHeIsRefused()
      throws Exception {
    String both =
        host("refuse", "945")
            + " & for i in $(seq 100); do sleep 0.2; "
            + asTester(connect(945))
            + " 2>/dev/null && break; done; wait";

    assertThat(vm().guest().output(both))
        .contains("b''")
        .containsPattern("refused vsock cid=1 port=\\d{4,}");
  }

  /** Connects and prints what comes first; nothing may. */
  private static String connect(int port) {
    return "python3 -c '"
        + "import socket; s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); "
        + "s.settimeout(10); s.connect((1, "
        + port
        + ")); print(s.recv(1))'";
  }

  @Test
  void givenHostThatIsAway_thenTheAgentTakesHardlyAnyTime_andSaysItOnce() throws Exception {
    String pid = "$(systemctl show -P MainPID limiquantix-agent)";
    String ticks = "awk '{print $14+$15}' /proc/" + pid + "/stat";
    Vm.pause(12_000);
    long before = Long.parseLong(vm().guest().output(ticks).strip());
    int said = log().split("nobody listens on port 943", -1).length;
    Vm.pause(30_000);
    long spent = Long.parseLong(vm().guest().output(ticks).strip()) - before;
    System.out.println("CPU while the host is away: " + spent * 10 + " ms in 30 s");

    // Ticks are hundredths of a second: 30 are 1 %. Emulation makes it dozens of times as much.
    assertThat(spent).isLessThan(90);
    assertThat(log().split("nobody listens on port 943", -1).length).isEqualTo(said);
  }
}
