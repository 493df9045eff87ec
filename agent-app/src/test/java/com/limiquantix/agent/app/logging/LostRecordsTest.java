package com.limiquantix.agent.app.logging;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.AgentConfigBuilder;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A log whose target is stuck, full, gone or broken: who logs goes on, and no loss is silent. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class LostRecordsTest {
  private static final Logger LOG = LoggerFactory.getLogger("com.example.Some");
  private static final Duration RETRY = Duration.ofMillis(10);
  private static final Pattern LOSS =
      Pattern.compile("\"(\\d+) records were lost since \\d{4}-\\S+Z because the log could .*\"");

  /** More than the queue and a pipe hold. */
  private static final int MANY = 10_000;

  /** In which {@link #MANY} are logged; several times what that takes here. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  private final Path directory;

  LostRecordsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void givenAPipeThatNobodyReads_whenLogged_thenNobodyWaitsAndTheReaderLearnsWhatIsMissing()
      throws Exception {
    Pipe pipe = Pipe.open();
    try (AgentLogging logging = install(config(), pipe.sink());
        BufferedReader reader =
            new BufferedReader(Channels.newReader(pipe.source(), StandardCharsets.UTF_8))) {
      assertThat(logMany(0)).isLessThan(SHORT);
      List<String> lines = readToLoss(reader);

      long lost = lost(lines.get(lines.size() - 1));
      assertThat(lines.get(lines.size() - 1)).contains("writing took too long");
      assertThat(lost).isPositive().isEqualTo(logging.lostRecords());
      assertThat(lines).hasSize((int) (MANY - lost + 1));
      assertThat(numbers(lines)).isEqualTo(range(0, lines.size() - 1));
      LOG.info("after");
      assertThat(reader.readLine()).contains("\"after\"");
    }
  }

  @Test
  void givenAFifoWithoutAReader_whenLogged_thenItWaitsForOneAndForTheNext() throws Exception {
    Path fifo = fifo();
    try (AgentLogging logging = install(config().logFile(fifo.toString()))) {
      LOG.info("one");
      try (BufferedReader reader = reader(fifo)) {
        assertThat(reader.readLine()).contains("\"one\"");
      }
      LOG.info("two");
      LOG.info("three");
      // Open for writing too, it sees no end of file where the log closes what broke and opens
      // anew.
      try (RandomAccessFile both = new RandomAccessFile(fifo.toFile(), "rw");
          BufferedReader reader =
              new BufferedReader(
                  new InputStreamReader(
                      new FileInputStream(both.getFD()), StandardCharsets.UTF_8))) {
        assertThat(reader.readLine()).contains("\"two\"");
        assertThat(reader.readLine()).contains("\"three\"");
      }
      assertThat(logging.lostRecords()).isZero();
    }
    assertThat(directory.toFile().list()).containsExactly("fifo");
  }

  @Test
  void givenAStuckTarget_whenClosed_thenItEndsInTimeAndWhatWasNotWrittenIsCounted()
      throws Exception {
    Path fifo = fifo();
    AgentLogging logging = install(config().logFile(fifo.toString()));
    LOG.info("one");
    LOG.info("two");
    long start = System.nanoTime();
    logging.close();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
    assertThat(logging.lostRecords()).isEqualTo(2);
    try (BufferedReader reader = reader(fifo)) {
      assertThat(reader.readLine()).isNull();
    }
  }

  @Test
  void givenAFullDevice_whenThereIsRoomAgain_thenWhatWasKeptIsWrittenAndTheRestIsTold()
      throws Exception {
    Path file = directory.resolve("agent.log");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("/dev/full"));
    try (AgentLogging logging = install(config().logFile(link.toString()))) {
      assertThat(logMany(0)).isLessThan(SHORT);
      Path other = Files.createSymbolicLink(directory.resolve("other"), file);
      Files.move(other, link, StandardCopyOption.ATOMIC_MOVE);
      List<String> lines = LogFile.awaitLine(file, "lost since");

      assertThat(lines.get(lines.size() - 1)).contains(": No space left on device\"");
      assertThat(lost(lines.get(lines.size() - 1)))
          .isEqualTo(MANY - (lines.size() - 1))
          .isEqualTo(logging.lostRecords());
      assertThat(numbers(lines)).isEqualTo(range(0, lines.size() - 1));
    }
  }

  @Test
  void givenAnOutputThatFailsOnce_thenTheRecordIsWrittenWholeOnALineOfItsOwn() throws Exception {
    Path file = directory.resolve("out");
    try (FileChannel out = FileChannel.open(file, CREATE, WRITE);
        AgentLogging logging = install(config(), new FailingOnce(out))) {
      LOG.info("one");
      LOG.info("two");
      LogFile.awaitLine(file, "\"two\"");
      assertThat(logging.lostRecords()).isZero();
      logging.close();
      assertThat(out.isOpen()).isTrue();
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(1)).startsWith(lines.get(0)).endsWith("\"one\"}");
    assertThat(lines.get(2)).endsWith("\"two\"}");
  }

  @Test
  void givenAFileThatEndsWithinALine_whenTheLogBegins_thenTheRecordHasALineOfItsOwn()
      throws Exception {
    Path file = Files.writeString(directory.resolve("agent.log"), "{\"time\":\"20");
    try (AgentLogging logging = install(config().logFile(file.toString()))) {
      LOG.info("whole");
      assertThat(logging.lostRecords()).isZero();
    }
    assertThat(Files.readAllLines(file)).hasSize(2).last().asString().contains("\"whole\"}");
  }

  @Test
  void givenAFileThatIsRemovedOrReplaced_whenLogged_thenTheRecordIsInTheFileOfThatName()
      throws Exception {
    Path file = directory.resolve("agent.log");
    Path moved = directory.resolve("agent.log-20260101");
    try (AgentLogging logging = install(config().logFile(file.toString()))) {
      LOG.info("one");
      LogFile.awaitLine(file, "one");
      Files.move(file, moved);
      LOG.info("two");
      assertThat(LogFile.awaitLine(file, "two")).hasSize(1);
      Files.delete(file);
      LOG.info("three");
      assertThat(LogFile.awaitLine(file, "three")).hasSize(1);
      assertThat(logging.lostRecords()).isZero();
    }
    assertThat(Files.readAllLines(moved)).hasSize(1);
  }

  @Test
  void givenAFileThatCantBeRotated_thenTheLogGoesOnInItAndIsRotatedOnceItCanBe() throws Exception {
    Path file = directory.resolve("agent.log");
    Path obstacle = directory.resolve("agent.log.1").resolve("obstacle");
    Files.createDirectories(obstacle);
    try (AgentLogging logging =
        install(config().logFile(file.toString()).logMaxSizeBytes(65_536).logMaxFiles(1))) {
      logAndAwait(file, 0, 1000);
      assertThat(Files.readAllLines(file))
          .hasSizeGreaterThan(1000)
          .filteredOn(line -> line.contains("can't be rotated and grows beyond 65536 bytes"))
          .hasSizeBetween(1, 30);
      Files.delete(obstacle);
      Files.delete(directory.resolve("agent.log.1"));
      logAndAwait(file, 1000, 1500);
      assertThat(logging.lostRecords()).isZero();
    }
    assertThat(obstacle.getParent()).isRegularFile();
    assertThat(Files.size(file)).isLessThan(66_000);
  }

  @Test
  void givenAFullDisk_whenThereIsRoomAgain_thenTheLogGoesOnOnAFreshLine() throws Exception {
    try (Mounted disk = Mounted.tmpfs(directory.resolve("disk"), "1m")) {
      Path file = disk.resolve("agent.log");
      try (AgentLogging logging = install(config().logFile(file.toString()))) {
        LOG.info("before");
        LogFile.awaitLine(file, "before");
        disk.fill();
        assertThat(logMany(0)).isLessThan(SHORT);
        disk.free();
        List<String> lines = LogFile.awaitLine(file, "lost since");

        assertThat(lines).allSatisfy(line -> assertThat(line).startsWith("{\"time\":\""));
        assertThat(lines.stream().filter(line -> !line.endsWith("\"}"))).hasSizeBetween(0, 1);
        // The disk may have cut a record between its last character and its line end.
        List<Integer> numbers = numbers(lines).stream().distinct().toList();
        assertThat(numbers).isEqualTo(range(0, numbers.size()));
        assertThat(lost(lines.get(lines.size() - 1)))
            .isEqualTo(MANY - numbers.size())
            .isEqualTo(logging.lostRecords());
      }
    }
  }

  @Test
  void givenAFrozenDisk_whenLogged_thenNobodyWaitsAndAfterTheThawTheLogGoesOn() throws Exception {
    try (Mounted disk = Mounted.ext4(directory.resolve("disk"), directory.resolve("image"))) {
      Path file = disk.resolve("agent.log");
      try (AgentLogging logging = install(config().logFile(file.toString()))) {
        LOG.info("before");
        LogFile.awaitLine(file, "before");
        disk.freeze();
        try {
          assertThat(logMany(0)).isLessThan(SHORT);
        } finally {
          disk.thaw();
        }
        List<String> lines = LogFile.awaitLine(file, "lost since");
        assertThat(lost(lines.get(lines.size() - 1))).isEqualTo(logging.lostRecords());
      }
    }
  }

  @Test
  void givenAFrozenDisk_whenClosed_thenItEndsInTime() throws Exception {
    try (Mounted disk = Mounted.ext4(directory.resolve("disk"), directory.resolve("image"))) {
      AgentLogging logging = install(config().logFile(disk.resolve("agent.log").toString()));
      LOG.info("before");
      LogFile.awaitLine(disk.resolve("agent.log"), "before");
      disk.freeze();
      try {
        LOG.info("frozen");
        long start = System.nanoTime();
        logging.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        assertThat(logging.lostRecords()).isEqualTo(1);
      } finally {
        disk.thaw();
      }
      LogFile.awaitLine(disk.resolve("agent.log"), "frozen");
    }
  }

  /** Takes ten bytes, then fails once, then takes everything. */
  private static final class FailingOnce implements WritableByteChannel {
    private final WritableByteChannel target;
    private int calls;

    FailingOnce(WritableByteChannel target) {
      this.target = target;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      calls++;
      if (calls == 1) {
        ByteBuffer first = bytes.slice(bytes.position(), 10);
        bytes.position(bytes.position() + 10);
        return target.write(first);
      }
      if (calls == 2) {
        throw new IOException("Input/output error");
      }
      return target.write(bytes);
    }

    @Override
    public boolean isOpen() {
      return target.isOpen();
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }

  private AgentLogging install(AgentConfigBuilder config) {
    return install(config, Channels.newChannel(System.out));
  }

  private static AgentLogging install(AgentConfigBuilder config, WritableByteChannel output) {
    return AgentLogging.install(config.build(), output, RETRY);
  }

  private static AgentConfigBuilder config() {
    return AgentConfig.defaults().toBuilder();
  }

  private Path fifo() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).inheritIO().start().waitFor())
        .isZero();
    return fifo;
  }

  private static BufferedReader reader(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(new FileInputStream(file.toFile()), StandardCharsets.UTF_8));
  }

  /** Returns how long it took. */
  private static Duration logMany(int first) {
    long start = System.nanoTime();
    for (int i = first; i < first + MANY; i++) {
      LOG.info("record {} end", i);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static void logAndAwait(Path file, int first, int end) throws Exception {
    for (int i = first; i < end; i++) {
      LOG.info("record {} {}", i, "x".repeat(100));
      if (i % 100 == 99) {
        LogFile.awaitLine(file, "record " + i + " ");
      }
    }
  }

  private static List<String> readToLoss(BufferedReader reader) throws IOException {
    List<String> lines = new ArrayList<>();
    do {
      lines.add(reader.readLine());
    } while (!LOSS.matcher(lines.get(lines.size() - 1)).find());
    return lines;
  }

  private static long lost(String line) {
    Matcher matcher = LOSS.matcher(line);
    assertThat(matcher.find()).as(line).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static List<Integer> numbers(List<String> lines) {
    List<Integer> numbers = new ArrayList<>();
    for (String line : lines) {
      int start = line.indexOf("record ");
      if (start >= 0 && line.endsWith(" end\"}")) {
        numbers.add(Integer.parseInt(line.substring(start + 7, line.indexOf(' ', start + 7))));
      }
    }
    return numbers;
  }

  private static List<Integer> range(int first, int end) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = first; i < end; i++) {
      numbers.add(i);
    }
    return numbers;
  }
}
