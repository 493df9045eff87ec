package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The chain from run to run, whatever happens to its files. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class AuditLogTest {
  private static final Duration RETRY = Duration.ofMillis(10);

  private final BlockingQueue<AuditRecord> written = new LinkedBlockingQueue<>();
  private final Path directory;
  private final Path file;

  AuditLogTest(@TempDir Path directory) {
    this.directory = directory;
    this.file = directory.resolve("new").resolve("audit.log");
  }

  private AuditLog start(Path where, long maxBytes, int maxFiles) {
    AuditSettings settings = new AuditSettings(where, maxBytes, maxFiles);
    return AuditLog.start(settings, Clock.systemUTC(), List.of(written::add), RETRY);
  }

  private AuditRecord await(String text) throws InterruptedException {
    while (true) {
      AuditRecord record = written.poll(20, TimeUnit.SECONDS);
      assertThat(record).as("a record with %s", text).isNotNull();
      if (Objects.requireNonNull(record).line().contains(text)) {
        return record;
      }
    }
  }

  @Test
  void givenALog_whenWritten_thenItIsItsOwnersAndSinksGetWhatIsInTheFile() throws Exception {
    try (AuditLog log = start(file, 1 << 20, 1)) {
      log.add(AuditFiles.body("/a"), AuditFiles.NOW);
      AuditRecord record = await("/a");
      assertThat(log.head()).contains(new ChainHead(2, record.hash()));
      assertThat(AuditFiles.lines(file)).contains(record.line());
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    List<String> lines = AuditFiles.lines(file);
    assertThat(lines.get(0)).startsWith("{\"event.sequence\":1,").contains("audit-started");
    assertThat(lines.get(2)).contains("audit-stopped");
    AuditFiles.intact(file, 3);
  }

  @Test
  void givenAFileThatOthersMayRead_whenOpened_thenTheyMayNoLonger() throws Exception {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.createFile(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    AuditFiles.written(file, 1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void givenALinkAtItsName_thenNothingIsWrittenThroughIt() throws Exception {
    Path victim = directory.resolve("victim");
    Path link = Files.createSymbolicLink(directory.resolve("audit.log"), victim);
    AuditFiles.written(link, 1);
    assertThat(Files.exists(victim, LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @Test
  void givenAnEarlierRun_thenTheChainGoesOn() throws Exception {
    AuditFiles.written(file, 2);
    AuditFiles.written(file, 3);
    AuditFiles.intact(file, 9);
  }

  @Test
  void givenARecordThatWasCutOff_whenStarted_thenItIsRemovedAndTold() throws Exception {
    AuditFiles.written(file, 2);
    String before = Files.readString(file);
    Files.writeString(file, "{\"event.sequence\":5,\"lim", StandardOpenOption.APPEND);
    AuditFiles.written(file, 1);

    assertThat(Files.readString(file)).startsWith(before);
    assertThat(AuditFiles.lines(file).get(4))
        .contains("audit-started", "\"limiquantix.audit.torn_bytes\":24", "cut off");
    AuditFiles.intact(file, 7);
  }

  @Test
  void givenOnlyARecordThatWasCutOff_whenStarted_thenTheChainBegins() throws Exception {
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, "{\"event");
    AuditFiles.written(file, 1);
    AuditFiles.intact(file, 3);
  }

  @Test
  void givenALastLineThatIsNoRecord_whenStarted_thenItStaysAndIsTold() throws Exception {
    AuditFiles.written(file, 1);
    Files.writeString(file, "something else\n", StandardOpenOption.APPEND);
    AuditFiles.written(file, 1);

    assertThat(Files.readString(file)).contains("something else\n", "the chain is broken before");
    assertThat(AuditVerifier.verify(file, null).problems())
        .anyMatch(each -> each.contains(":4: is no record"));
  }

  @Test
  void givenManyRecords_whenRotated_thenTheChainGoesThroughAllFilesAndRuns() throws Exception {
    for (int run = 0; run < 3; run++) {
      try (AuditLog log = start(file, 10_000, 100)) {
        for (int i = 0; i < 200; i++) {
          log.add(AuditFiles.body("/run/" + run + "/" + i), AuditFiles.NOW);
        }
        await("/run/" + run + "/199");
      }
    }
    assertThat(file.resolveSibling("audit.log.3")).exists();
    AuditFiles.intact(file, 3 * 202);
    for (Path each : List.of(file, file.resolveSibling("audit.log.1"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void givenARotationJustBeforeItsEnd_whenStarted_thenTheChainGoesOn() throws Exception {
    AuditFiles.written(file, 2);
    Files.move(file, file.resolveSibling("audit.log.1"));
    AuditFiles.written(file, 2);
    AuditFiles.intact(file, 8);
  }

  @Test
  void givenFewFilesAreKept_thenTheOldestGoAndThatIsSaid() throws Exception {
    try (AuditLog log = start(file, 10_000, 2)) {
      for (int i = 0; i < 2_000; i++) {
        log.add(AuditFiles.body("/" + i), AuditFiles.NOW);
      }
      await("/1999");
    }
    AuditVerifier.Findings found = AuditVerifier.verify(file, null);
    assertThat(found.problems()).isEmpty();
    assertThat(found.files()).isEqualTo(3);
    assertThat(found.notExcluded()).anyMatch(each -> each.contains("rotated away"));
  }

  @Test
  void givenAFileThatWasTakenAway_thenAnewOneGoesOnWithTheChain() throws Exception {
    try (AuditLog log = start(file, 1 << 20, 2)) {
      log.add(AuditFiles.body("/a"), AuditFiles.NOW);
      await("/a");
      Files.move(file, file.resolveSibling("elsewhere"));
      log.add(AuditFiles.body("/b"), AuditFiles.NOW);
      await("/b");
    }
    List<String> all = new ArrayList<>(AuditFiles.lines(file.resolveSibling("elsewhere")));
    all.addAll(AuditFiles.lines(file));
    Path joined = Files.write(directory.resolve("joined"), all);
    AuditFiles.intact(joined, 4);
  }

  @Test
  void givenAFileThatCannotBeOpened_thenItIsTriedAgainAndNothingIsLost() throws Exception {
    Path blocked = directory.resolve("blocked");
    Files.writeString(blocked, "a file where a directory is needed");
    Path below = blocked.resolve("audit.log");
    try (AuditLog log = start(below, 1 << 20, 1)) {
      log.add(AuditFiles.body("/a"), AuditFiles.NOW);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (log.fault() == null && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(log.fault()).isNotNull();
      assertThat(log.head()).isEmpty();
      Files.delete(blocked);
      await("/a");
      while (log.fault() != null && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(log.fault()).isNull();
      assertThat(log.lost()).isZero();
    }
    AuditFiles.intact(below, 3);
  }

  @Test
  void givenAWriterThatIsStuck_thenWhoAddsGoesOnAndTheLossIsInTheChain() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    int many = 10_000;
    StringBuilder read = new StringBuilder();
    try (AuditLog log = start(fifo, 1 << 20, 1)) {
      long begin = System.nanoTime();
      for (int i = 0; i < many; i++) {
        log.add(AuditFiles.body("/" + i), AuditFiles.NOW);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
      assertThat(log.fault()).contains("not been writable");
      assertThat(log.lost()).isPositive();
      try (var reader = Files.newBufferedReader(fifo)) {
        String line = "";
        while (!line.contains("audit-records-lost")) {
          line = Objects.requireNonNull(reader.readLine());
          read.append(line).append('\n');
        }
        assertThat(line).contains("\"limiquantix.audit.lost\":" + log.lost());
        log.add(AuditFiles.body("/after"), AuditFiles.NOW);
        read.append(reader.readLine()).append('\n');
        assertThat(log.fault()).isNull();
      }
    }
    Path copy = directory.resolve("copy");
    Files.write(copy, read.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(AuditVerifier.verify(copy, null).problems()).isEmpty();
    assertThat(read.toString()).contains("\"/after\"");
  }

  @Test
  void givenTenThousandRecordsInASecond_thenAllAreThere() throws Exception {
    int perStep = 100;
    try (AuditLog log = start(file, 100 << 20, 1)) {
      long begin = System.nanoTime();
      for (int step = 0; step < 100; step++) {
        for (int i = 0; i < perStep; i++) {
          log.add(AuditFiles.body("/" + step + "/" + i), AuditFiles.NOW);
        }
        while (System.nanoTime() - begin < step * TimeUnit.MILLISECONDS.toNanos(10)) {
          Thread.onSpinWait();
        }
      }
      await("/99/99");
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      assertThat(took).isLessThan(Duration.ofSeconds(3));
      assertThat(log.lost()).isZero();
      System.out.println("10,000 audit records were in the file after " + took.toMillis() + " ms");
    }
    AuditFiles.intact(file, 10_002);
  }

  @Test
  void givenTextThatLooksLikeARecord_thenItStaysText() throws IOException {
    AuditFiles.written(file, 0);
    try (AuditLog log = start(file, 1 << 20, 1)) {
      log.add(AuditFiles.body("\"}\n{\"event.sequence\":9,\u202e\ud800"), AuditFiles.NOW);
    }
    assertThat(AuditFiles.lines(file).get(3))
        .contains("\"file.path\":\"\\\"}\\n{\\\"event.sequence\\\":9,\\u202e\\ud800\"");
    AuditFiles.intact(file, 5);
  }
}
