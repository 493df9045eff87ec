package com.limiquantix.agent.transport.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.transport.link.fault.FaultLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A fault layer without faults keeps the contract, and with faults does what it says. */
class FaultLinkTest extends LinkContractTest {
  private final List<Throwable> reported = new CopyOnWriteArrayList<>();
  private final ExecutorService executor =
      Executors.newFixedThreadPool(
          3,
          task -> {
            Thread thread = new Thread(task);
            thread.setUncaughtExceptionHandler((t, thrown) -> reported.add(thrown));
            return thread;
          });
  private final ManualExecutor byHand = new ManualExecutor();
  private final Recorder left = new Recorder();
  private final StringBuilder heard = new StringBuilder();
  private final Recorder right = new Recorder();

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  @Override
  Ends connect() {
    InProcessLink.Pair pair = InProcessLink.pair("test", executor);
    return new Ends(new FaultLink(pair.first(), executor), pair.second());
  }

  @Override
  List<Throwable> reported() {
    return reported;
  }

  private record Faulty(FaultLink link, Link far) {}

  private Faulty faulty() {
    InProcessLink.Pair pair = InProcessLink.pair("by hand", byHand);
    FaultLink link = new FaultLink(pair.first(), byHand);
    link.open(left);
    pair.second().open(right);
    byHand.runAll();
    left.calls.clear();
    right.calls.clear();
    return new Faulty(link, pair.second());
  }

  private static void say(Link link, String text) throws IOException {
    link.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
  }

  @Test
  void splitsDeliveries() throws IOException {
    Faulty faulty = faulty();
    faulty.link().incoming().splitInto(2);
    say(faulty.far(), "abcde");
    byHand.runAll();

    assertThat(left.calls).containsExactly("2 bytes", "2 bytes", "1 bytes");
  }

  @Test
  void holdsAndReleasesBothDirections() throws IOException {
    Faulty faulty = faulty();
    faulty.link().incoming().hold();
    faulty.link().outgoing().hold();
    say(faulty.far(), "abcde");
    say(faulty.link(), "vwxyz");
    byHand.runAll();
    assertThat(left.calls).isEmpty();
    assertThat(right.calls).isEmpty();

    faulty.link().incoming().release(3);
    faulty.link().outgoing().release(1);
    byHand.runAll();
    assertThat(left.calls).containsExactly("3 bytes");
    assertThat(right.calls).containsExactly("1 bytes");

    faulty.link().incoming().releaseAll();
    faulty.link().outgoing().releaseAll();
    byHand.runAll();
    assertThat(left.calls).containsExactly("3 bytes", "2 bytes");
    assertThat(right.calls).containsExactly("1 bytes", "4 bytes");
  }

  @Test
  void dropsCorruptsAndInserts() throws IOException {
    InProcessLink.Pair pair = InProcessLink.pair("by hand", byHand);
    FaultLink link = new FaultLink(pair.first(), byHand);
    link.open(left);
    pair.second().open(new Listening());
    link.outgoing().drop(1, 2);
    link.outgoing().corrupt(3, 'd' ^ 'D');
    link.outgoing().insert(4, "--".getBytes(US_ASCII));
    say(link, "abcdef");
    byHand.runAll();

    assertThat(heard.toString()).isEqualTo("aD--ef");
  }

  private final class Listening implements LinkListener {
    @Override
    public void onPeerPresent() {}

    @Override
    public void onBytes(ByteBuffer bytes) {
      heard.append(US_ASCII.decode(bytes));
    }

    @Override
    public void onWritable() {}

    @Override
    public void onPeerAbsent() {}

    @Override
    public void onClosed(@org.jspecify.annotations.Nullable Throwable cause) {}
  }

  @Test
  void letsWritesTakeNoMoreThanTheBudget() throws IOException {
    Faulty faulty = faulty();
    faulty.link().starveWrites();
    assertThat(faulty.link().write(ByteBuffer.allocate(5))).isZero();
    faulty.link().requestWritable();
    byHand.runAll();
    assertThat(left.calls).isEmpty();

    faulty.link().refill(1);
    byHand.runAll();
    assertThat(left.calls).containsExactly("writable");
    assertThat(faulty.link().write(ByteBuffer.allocate(5))).isEqualTo(1);
    assertThat(faulty.link().write(ByteBuffer.allocate(5))).isZero();
  }

  @Test
  void vanishesAsAConnectionAndAsAPort() throws IOException {
    Faulty faulty = faulty();
    faulty.link().vanishFromPort();
    say(faulty.far(), "lost");
    assertThat(faulty.link().write(ByteBuffer.allocate(5))).isZero();
    faulty.link().requestWritable();
    byHand.runAll();
    faulty.link().returnToPort();
    byHand.runAll();
    assertThat(left.calls).containsExactly("absent", "present", "writable");

    faulty.link().vanish(null);
    byHand.runAll();
    assertThat(left.calls).containsExactly("absent", "present", "writable", "closed null");
    assertThat(right.calls).containsExactly("closed null");
  }
}
