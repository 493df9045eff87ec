package com.limiquantix.agent.security.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.security.record.RecordQueue.Loss;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is kept, and what is told of the rest. */
@Timeout(10)
final class RecordQueueTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final RecordQueue queue = new RecordQueue(10);

  private void add(int bytes, int second) {
    queue.add(new byte[bytes], START.plusSeconds(second));
  }

  @Test
  void givenRoomForIt_whenAdded_thenRecordsComeInOrderAndStayUntilRemoved() throws Exception {
    add(4, 0);
    add(6, 1);

    assertThat(queue.await()).isTrue();
    assertThat(queue.first()).hasSize(4);
    assertThat(queue.first()).hasSize(4);
    queue.removeFirst();
    assertThat(queue.first()).hasSize(6);
    assertThat(queue.lost()).isZero();
  }

  @Test
  void givenSeveralRecords_whenTakenTogether_thenAsManyAsFitComeInOneAndAreRemovedInOne() {
    add(4, 0);
    add(3, 1);
    add(3, 2);

    assertThat(queue.first(9)).hasSize(7);
    queue.removeFirst();
    assertThat(queue.first(9)).hasSize(3);
    add(7, 3);
    assertThat(queue.first(100)).hasSize(10);
    queue.removeFirst();
    assertThat(queue.first(100)).isNull();
    add(10, 4);
    assertThat(queue.first(1)).hasSize(10);
    assertThat(queue.lost()).isZero();
  }

  @Test
  void givenAFullQueue_whenMoreIsAdded_thenItIsLostUntilAllBeforeItIsWritten() throws Exception {
    add(4, 0);
    add(6, 1);
    add(1, 2);
    queue.removeFirst();
    add(1, 3);
    queue.removeFirst();
    add(1, 4);

    assertThat(queue.await()).isTrue();
    assertThat(queue.first()).isNull();
    assertThat(queue.takeLoss()).isEqualTo(new Loss(3, START.plusSeconds(2)));
    assertThat(queue.lost()).isEqualTo(3);
    add(1, 5);
    assertThat(queue.first()).hasSize(1);
  }

  @Test
  void givenARecordLargerThanTheQueue_whenAdded_thenItIsLostAndTold() throws Exception {
    add(11, 0);

    assertThat(queue.await()).isTrue();
    assertThat(queue.takeLoss()).isEqualTo(new Loss(1, START));
  }

  @Test
  void givenAClosedQueue_whenAllIsTaken_thenItEnds() throws Exception {
    add(1, 0);
    queue.close();
    add(1, 1);

    assertThat(queue.await()).isTrue();
    queue.removeFirst();
    assertThat(queue.await()).isFalse();
    assertThat(queue.lost()).isEqualTo(1);
  }

  @Test
  void givenWhatNobodyWrote_whenAbandoned_thenItCountsAsLost() {
    add(1, 0);
    add(1, 1);
    queue.close();
    queue.abandon();
    queue.removeFirst();

    assertThat(queue.lost()).isEqualTo(2);
    assertThat(queue.first()).isNull();
  }

  @Test
  void givenAWaitThatIsLong_whenTheQueueIsClosed_thenTheWaitEnds() throws Exception {
    Thread waiting =
        new Thread(
            () -> {
              try {
                queue.pause(Long.MAX_VALUE / 2);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    waiting.start();
    add(1, 0);
    queue.close();
    waiting.join();
    assertThat(queue.isClosed()).isTrue();
  }
}
