package com.limiquantix.agent.transport.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Link} promises to who uses it. */
@Timeout(60)
abstract class LinkContractTest {
  private static final long BULK_BYTES = 32L << 20;

  /** What a link may lack by its nature; tests of it are then skipped, by name. */
  enum Capability {
    /** Takes bytes as soon as it is open; a port must see its peer first. */
    WRITES_AT_ONCE,
    /** Hears of its peer's end, in order and after all that the peer wrote. */
    ORDERLY_END
  }

  /** Two links that are connected with each other and not open yet. */
  record Ends(Link left, Link right) {}

  /** Connects two links; what must be closed beside them is the subclass's to close. */
  abstract Ends connect() throws Exception;

  /** What these links cannot do by their nature. */
  Set<Capability> lacks() {
    return Set.of();
  }

  private void requires(Capability capability) {
    assumeFalse(lacks().contains(capability), () -> "these links lack " + capability);
  }

  /** Opens a link so that it takes bytes. */
  private void open(Link link, Probe probe) {
    link.open(probe);
    if (lacks().contains(Capability.WRITES_AT_ONCE)) {
      probe.awaitCall("present");
    }
  }

  /** What listeners threw so far, as the link's owner hears it. */
  abstract List<Throwable> reported();

  private final List<Probe> probes = new ArrayList<>();

  final Probe probe() {
    Probe probe = new Probe();
    probes.add(probe);
    return probe;
  }

  @AfterEach
  void noProbeSawABrokenPromise() {
    for (Probe probe : probes) {
      assertThat(probe.violations()).isEmpty();
    }
  }

  /** Writes everything, waiting for room as often as needed. */
  static void send(Link link, Probe probe, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (link.write(bytes) == 0) {
        link.requestWritable();
        probe.awaitWritable();
      }
    }
  }

  /** Writes until the link takes no more; how much it took. */
  static long fill(Link link) throws IOException {
    long total = 0;
    while (true) {
      int taken = link.write(ByteBuffer.allocate(10_000));
      if (taken == 0) {
        return total;
      }
      total += taken;
    }
  }

  @Test
  void tellsOfThePeerThenItsBytesThenTheEnd() throws Exception {
    requires(Capability.ORDERLY_END);
    Ends ends = connect();
    Probe left = probe();
    Probe right = probe();
    open(ends.left(), left);
    open(ends.right(), right);
    assertThat(ends.left().write(ByteBuffer.wrap("hello".getBytes(US_ASCII)))).isEqualTo(5);
    right.awaitCount(5);
    // Who closes before it was told of its peer is not told any more.
    left.awaitCall("present");
    ends.left().close();

    assertThat(right.awaitClosed()).isNull();
    assertThat(left.awaitClosed()).isNull();
    assertThat(right.received()).asString(US_ASCII).isEqualTo("hello");
    assertThat(right.calls()).containsExactly("present", "bytes", "closed");
    assertThat(left.calls()).containsExactly("present", "closed");
  }

  @Test
  void deliversWhatWasWrittenBeforeTheWriterClosed() throws Exception {
    requires(Capability.ORDERLY_END);
    Ends ends = connect();
    open(ends.left(), probe());
    long written = fill(ends.left());
    ends.left().close();
    Probe right = probe();
    open(ends.right(), right);

    assertThat(right.awaitClosed()).isNull();
    assertThat(right.count()).isEqualTo(written);
  }

  @Test
  void deliversThePeersLastBytesEvenWhenAWriteFindsItGone() throws Exception {
    requires(Capability.ORDERLY_END);
    Ends ends = connect();
    open(ends.left(), probe());
    ends.left().write(ByteBuffer.wrap("bye".getBytes(US_ASCII)));
    ends.left().close();
    Probe right = probe();
    open(ends.right(), right);
    try {
      fill(ends.right());
    } catch (IOException expectedSoonerOrLater) {
      assertThat(expectedSoonerOrLater).hasMessageContaining("in");
    }

    right.awaitClosed();
    assertThat(right.received()).asString(US_ASCII).isEqualTo("bye");
  }

  @Test
  void carriesBytesIntactAndInOrderInBothDirectionsAtOnce() throws Exception {
    Ends ends = connect();
    Stream toRight = new Stream(1);
    Stream toLeft = new Stream(2);
    Probe left = new Probe(toLeft::verify);
    Probe right = new Probe(toRight::verify);
    probes.addAll(List.of(left, right));
    open(ends.left(), left);
    open(ends.right(), right);
    FutureTask<Void> rightWriter =
        new FutureTask<>(() -> pump(ends.right(), right, new Stream(2), BULK_BYTES), null);
    Thread thread = new Thread(rightWriter);
    thread.start();
    pump(ends.left(), left, new Stream(1), BULK_BYTES);
    rightWriter.get();

    right.awaitCount(BULK_BYTES);
    left.awaitCount(BULK_BYTES);
    assertThat(toRight.wrong.get()).isZero();
    assertThat(toLeft.wrong.get()).isZero();
    ends.left().close();
    ends.right().close();
    left.awaitClosed();
    right.awaitClosed();
    assertThat(left.count()).isEqualTo(BULK_BYTES);
    assertThat(right.count()).isEqualTo(BULK_BYTES);
  }

  private static void pump(Link link, Probe probe, Stream stream, long total) {
    Random sizes = new Random(total);
    long left = total;
    try {
      while (left > 0) {
        int size = (int) Math.min(left, 1 + sizes.nextInt(200_000));
        int offset = sizes.nextInt(7);
        ByteBuffer whole =
            sizes.nextBoolean()
                ? ByteBuffer.allocateDirect(offset + size)
                : ByteBuffer.allocate(offset + size);
        whole.position(offset);
        stream.fill(whole);
        ByteBuffer content = whole.flip().position(offset);
        if (sizes.nextBoolean()) {
          content = content.slice();
        }
        send(link, probe, sizes.nextBoolean() ? content.asReadOnlyBuffer() : content);
        left -= size;
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** An endless row of bytes that does not repeat within what is tested. */
  private static final class Stream {
    private long state;
    final AtomicLong wrong = new AtomicLong();

    Stream(long seed) {
      state = seed;
    }

    private byte next() {
      state = state * 6364136223846793005L + 1442695040888963407L;
      return (byte) (state >>> 56);
    }

    void fill(ByteBuffer to) {
      while (to.hasRemaining()) {
        to.put(next());
      }
    }

    void verify(ByteBuffer from) {
      while (from.hasRemaining()) {
        if (from.get() != next()) {
          wrong.incrementAndGet();
        }
      }
    }
  }

  @Test
  void takesNothingMoreFromAWriterWhosePeerNeverReads() throws Exception {
    Ends ends = connect();
    Probe left = probe();
    open(ends.left(), left);
    long taken = 0;
    // The kernel moves the bytes of a terminal on by itself, which makes a little room.
    for (long more = fill(ends.left()); more > 0; more = fill(ends.left())) {
      taken += more;
    }

    assertThat(taken).isBetween(1L, 8L << 20);
    ends.left().close();
    assertThat(left.awaitClosed()).isNull();
    ends.right().close();
  }

  @Test
  void saysWritableOnceHoweverOftenItWasAsked() throws Exception {
    Ends ends = connect();
    Probe left = probe();
    Probe right = probe();
    open(ends.left(), left);
    long taken = fill(ends.left());
    ends.left().requestWritable();
    ends.left().requestWritable();
    open(ends.right(), right);
    left.awaitWritable();
    right.awaitCount(taken);
    roundTrip(ends, left, right);

    assertThat(left.spareWritables()).isZero();
    ends.left().requestWritable();
    left.awaitWritable();
    roundTrip(ends, left, right);
    assertThat(left.spareWritables()).isZero();
  }

  /** What came after it would have come before this returns. */
  private static void roundTrip(Ends ends, Probe left, Probe right) throws IOException {
    long before = left.count();
    send(ends.right(), right, ByteBuffer.allocate(1));
    left.awaitCount(before + 1);
  }

  @Test
  void takesNothingOfAnEmptyBuffer() throws Exception {
    Ends ends = connect();
    open(ends.left(), probe());

    assertThat(ends.left().write(ByteBuffer.allocate(0))).isZero();
    assertThat(ends.left().write(ByteBuffer.allocateDirect(0))).isZero();
  }

  @Test
  void isOpenedOnceAndBeforeAnyWrite() throws Exception {
    Ends ends = connect();
    assertThatThrownBy(() -> ends.left().write(ByteBuffer.allocate(1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> ends.left().requestWritable())
        .isInstanceOf(IllegalStateException.class);
    open(ends.left(), probe());

    assertThatThrownBy(() -> ends.left().open(new Probe()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesBytesAfterCloseAndStaysQuiet() throws Exception {
    Ends ends = connect();
    Probe left = probe();
    open(ends.left(), left);
    ends.left().close();
    ends.left().close();

    assertThatThrownBy(() -> ends.left().write(ByteBuffer.allocate(1)))
        .isInstanceOf(IOException.class);
    ends.left().requestWritable();
    assertThat(left.awaitClosed()).isNull();
    ends.left().close();
    assertThat(left.calls().stream().filter("closed"::equals)).hasSize(1);
  }

  @Test
  void saysClosedToAListenerThatCameAfterClose() throws Exception {
    Ends ends = connect();
    ends.left().close();
    Probe left = probe();
    ends.left().open(left);

    assertThat(left.awaitClosed()).isNull();
    assertThat(left.calls()).containsExactly("closed");
  }

  @Test
  void endsWithTheCauseWhenItsListenerThrows() throws Exception {
    Ends ends = connect();
    IllegalStateException bug = new IllegalStateException("a listener's bug");
    Probe left =
        new Probe(
            bytes -> {
              throw bug;
            });
    probes.add(left);
    Probe right = probe();
    open(ends.left(), left);
    open(ends.right(), right);
    ends.right().write(ByteBuffer.allocate(1));

    assertThat(left.awaitClosed()).isSameAs(bug);
    right.awaitClosed();
    assertThat(reported()).contains(bug);
  }

  @Test
  void mayBeUsedAndClosedFromWithinItsCallbacks() throws Exception {
    Ends ends = connect();
    Probe right = probe();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Probe left =
        new Probe(
            bytes -> {
              try {
                ends.left().write(bytes);
                ends.left().requestWritable();
                ends.left().close();
              } catch (IOException e) {
                failure.set(e);
              }
            });
    probes.add(left);
    open(ends.left(), left);
    open(ends.right(), right);
    ends.right().write(ByteBuffer.wrap("echo".getBytes(US_ASCII)));

    right.awaitClosed();
    left.awaitClosed();
    assertThat(failure.get()).isNull();
    assertThat(right.received()).asString(US_ASCII).isEqualTo("echo");
    assertThat(left.calls()).containsExactly("present", "bytes", "closed");
  }

  @Test
  void closesInTheMiddleOfWritesOfAnotherThreadHundredsOfTimes() throws Exception {
    for (int i = 0; i < 300; i++) {
      Ends ends = connect();
      Probe left = probe();
      Probe right = probe();
      open(ends.left(), left);
      open(ends.right(), right);
      CyclicBarrier start = new CyclicBarrier(2);
      Link closer = i % 2 == 0 ? ends.left() : ends.right();
      Thread other =
          new Thread(
              () -> {
                try {
                  start.await();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
                closer.close();
              });
      other.start();
      start.await();
      try {
        ByteBuffer noise = ByteBuffer.allocateDirect(100_000);
        while (true) {
          ends.left().write(noise.clear());
        }
      } catch (IOException ended) {
        other.join();
      }
      left.awaitClosed();
      right.awaitClosed();
    }
  }
}
