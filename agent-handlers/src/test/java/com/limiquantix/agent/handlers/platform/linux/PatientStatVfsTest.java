package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Filesystems that do not answer; here they are our own, in FuseTest the kernel's. */
final class PatientStatVfsTest {
  private static final Mount NFS = served(1, "/nfs");
  private static final Mount CIFS = served(2, "/cifs");

  private final BlockingStatVfs statVfs = new BlockingStatVfs();
  private final PatientStatVfs patient = new PatientStatVfs(statVfs, Duration.ofSeconds(20));
  private final PatientStatVfs hasty = new PatientStatVfs(statVfs, Duration.ZERO);

  @AfterEach
  void end() {
    patient.close();
    hasty.close();
  }

  @Test
  void givenFilesystemsThatAnswer_thenEachDoesEveryTime() {
    for (int i = 0; i < 3; i++) {
      patient.ask(List.of(NFS, CIFS));

      assertThat(patient.answer(CIFS)).contains(BlockingStatVfs.BLOCKS);
      assertThat(patient.answer(NFS)).contains(BlockingStatVfs.BLOCKS);
      assertThat(statVfs.asked()).containsExactlyInAnyOrder("/nfs", "/cifs");
    }
  }

  @Test
  void givenOneThatDoesNotAnswer_thenItIsLeftOutAndNotAskedAgainUntilItDoes() throws Exception {
    statVfs.hang("/nfs");
    hasty.ask(List.of(NFS));
    assertThat(hasty.answer(NFS)).isEmpty();
    statVfs.awaitWaiting(1);

    for (int i = 0; i < 100; i++) {
      hasty.ask(List.of(NFS));
      assertThat(hasty.answer(NFS)).isEmpty();
    }
    assertThat(statVfs.asked()).containsExactly("/nfs");

    statVfs.answer("/nfs");
    statVfs.awaitWaiting(0);
    awaitAsked(hasty, NFS);
  }

  @Test
  void givenOneThatIsGone_thenItIsLeftOut() {
    statVfs.remove("/nfs");

    patient.ask(List.of(NFS, CIFS));

    assertThat(patient.answer(NFS)).isEmpty();
    assertThat(patient.answer(CIFS)).isPresent();
  }

  @Test
  void givenOneThatHangs_whenItIsMountedAnew_thenTheNewMountIsAsked() throws Exception {
    statVfs.hang("/nfs");
    hasty.ask(List.of(NFS));
    statVfs.awaitWaiting(1);

    hasty.ask(List.of(served(3, "/nfs")));

    statVfs.awaitWaiting(2);
    statVfs.answer("/nfs");
    statVfs.awaitWaiting(0);
  }

  @Test
  void givenThreadsThatAllHang_thenNoMoreAreMadeAndTheRestWaitsItsTurn() throws Exception {
    List<Mount> many =
        IntStream.range(0, PatientStatVfs.MAX_THREADS + 5)
            .mapToObj(i -> served(100 + i, "/nfs/" + i))
            .toList();
    many.forEach(mount -> statVfs.hang(mount.mountPoint()));
    hasty.ask(many);
    statVfs.awaitWaiting(PatientStatVfs.MAX_THREADS);

    hasty.ask(many);
    hasty.ask(List.of(CIFS));
    assertThat(hasty.answer(CIFS)).isEmpty();
    assertThat(statVfs.asked()).hasSize(PatientStatVfs.MAX_THREADS);

    many.forEach(mount -> statVfs.answer(mount.mountPoint()));
    statVfs.awaitWaiting(0);
  }

  @Test
  void givenALocalFilesystem_thenItIsNotAskedHere() {
    Mount local = new Mount(9, "/", "/", "ext4", "/dev/vda", false);

    patient.ask(List.of(local));

    assertThat(patient.answer(local)).isEmpty();
    assertThat(statVfs.asked()).isEmpty();
  }

  /** Asks until the question before is known to be answered, which its thread says last. */
  private void awaitAsked(PatientStatVfs asker, Mount mount) {
    statVfs.asked();
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (statVfs.asked().isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(end);
      asker.ask(List.of(mount));
      Thread.onSpinWait();
    }
  }

  private static Mount served(int id, String path) {
    return new Mount(id, path, path, "nfs4", "server:" + path, true);
  }
}
