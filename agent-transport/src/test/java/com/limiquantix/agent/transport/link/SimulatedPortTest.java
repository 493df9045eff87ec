package com.limiquantix.agent.transport.link;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.link.fault.SimulatedPort;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What virtio-serial was observed to do, by hand and in memory. */
class SimulatedPortTest {
  private static final int CAPACITY = 100_000;

  private final ManualExecutor executor = new ManualExecutor();
  private final SimulatedPort port =
      new SimulatedPort("org.limiquantix.agent.0", executor, CAPACITY);
  private final Recorder guest = new Recorder();
  private final Recorder host = new Recorder();

  private Link attached(Recorder listener) {
    Link link = port.attach();
    link.open(listener);
    executor.runAll();
    return link;
  }

  @Test
  void outlivesItsHosts() {
    port.open(guest);
    attached(host).close();
    executor.runAll();
    attached(new Recorder());

    assertThat(guest.calls).containsExactly("present", "absent", "present");
    assertThat(host.calls).containsExactly("present", "closed null");
  }

  @Test
  void takesNothingWhileNoHostIsThere() throws IOException {
    port.open(guest);
    executor.runAll();
    assertThat(port.write(ByteBuffer.allocate(1))).isZero();
    port.requestWritable();
    executor.runAll();
    assertThat(guest.calls).isEmpty();
    attached(host);

    assertThat(guest.calls).containsExactly("present", "writable");
  }

  @Test
  void doesNotNoticeAFastReconnect() throws IOException {
    port.open(guest);
    Link first = attached(host);
    first.close();
    Link second = port.attach();
    second.open(new Recorder());
    executor.runAll();
    Link third = port.replaceHost();
    third.open(new Recorder());
    third.write(ByteBuffer.allocate(7));
    executor.runAll();

    assertThat(guest.calls).containsExactly("present", "7 bytes");
  }

  @Test
  void losesWhatIsInFlightAndGivesTheRestToTheNextHost() throws IOException {
    port.open(guest);
    Link first = attached(host);
    ByteBuffer message = ByteBuffer.allocate(150_000);
    while (port.write(message) > 0) {}
    int lost = message.position();
    first.close();
    Recorder next = new Recorder();
    Link second = port.attach();
    second.open(next);
    while (message.hasRemaining()) {
      port.write(message);
    }
    executor.runAll();

    assertThat(lost).isEqualTo(CAPACITY);
    assertThat(next.calls).containsExactly("present", "32768 bytes", "17232 bytes");
  }

  @Test
  void deliversTheBytesOfTwoHostsBackToBack() throws IOException {
    port.open(guest);
    Link first = attached(host);
    first.write(ByteBuffer.allocate(10));
    first.close();
    Link second = port.attach();
    second.open(new Recorder());
    second.write(ByteBuffer.allocate(20));
    executor.runAll();

    assertThat(guest.calls).containsExactly("present", "30 bytes");
  }

  @Test
  void losesWhatAHostThatLeftHadSentBeforeThePortWasOpened() throws IOException {
    Link first = attached(host);
    first.write(ByteBuffer.allocate(10));
    first.close();
    port.open(guest);
    executor.runAll();
    assertThat(guest.calls).isEmpty();
    Link second = attached(new Recorder());
    second.write(ByteBuffer.allocate(1));
    executor.runAll();

    assertThat(guest.calls).containsExactly("present", "1 bytes");
  }

  @Test
  void doesNotTellTheHostThatTheGuestClosedThePort() throws IOException {
    port.open(guest);
    Link link = attached(host);
    port.close();
    executor.runAll();

    assertThat(guest.calls).containsExactly("present", "closed null");
    assertThat(host.calls).containsExactly("present");
    assertThat(link.write(ByteBuffer.allocate(10))).isEqualTo(10);
  }

  @Test
  void givesTheNextProcessWhatAHostSentSinceTheLastOneDied() throws IOException {
    port.open(guest);
    Link link = attached(host);
    link.write(ByteBuffer.allocate(10));
    port.killGuest();
    link.write(ByteBuffer.allocate(20));
    executor.runAll();
    Recorder next = new Recorder();
    port.open(next);
    executor.runAll();

    assertThat(guest.calls).containsExactly("present", "closed null");
    assertThat(next.calls).containsExactly("present", "20 bytes");
    assertThat(host.calls).containsExactly("present");
  }
}
