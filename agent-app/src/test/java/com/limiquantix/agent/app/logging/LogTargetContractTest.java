package com.limiquantix.agent.app.logging;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import com.limiquantix.agent.app.config.LogFormat;
import com.limiquantix.agent.security.record.ChannelTarget;
import com.limiquantix.agent.security.record.FileTarget;
import com.limiquantix.agent.security.record.NumberedFiles;
import com.limiquantix.agent.security.record.RecordTarget;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds for every place that records go to. */
final class RecordTargetContractTest {

  /** The implementations. */
  enum Kind {
    CHANNEL,
    FILE,
    FILE_OR_OUTPUT,
    FILE_OR_OUTPUT_WITHOUT_FILE
  }

  private final RecordEncoder encoder =
      new RecordEncoder(LogFormat.JSON, new LoggerContext().getLogger("self"));
  private final Path output;
  private final Path file;

  RecordTargetContractTest(@TempDir Path directory) {
    this.output = directory.resolve("output");
    this.file = directory.resolve("new").resolve("agent.log");
  }

  private RecordTarget target(Kind kind, FileChannel standardOutput) throws IOException {
    ChannelTarget channel = new ChannelTarget(standardOutput, false);
    FileTarget named =
        new FileTarget(
            new NumberedFiles(file, 1),
            1 << 20,
            FileTarget.Care.PLAIN,
            (out, sentence) -> {
              throw new AssertionError(sentence);
            });
    if (kind == Kind.FILE_OR_OUTPUT_WITHOUT_FILE) {
      Files.createDirectories(file);
    }
    return switch (kind) {
      case CHANNEL -> channel;
      case FILE -> named;
      case FILE_OR_OUTPUT, FILE_OR_OUTPUT_WITHOUT_FILE -> new FileOrOutput(named, channel, encoder);
    };
  }

  private Path written(Kind kind) {
    return kind == Kind.FILE || kind == Kind.FILE_OR_OUTPUT ? file : output;
  }

  @ParameterizedTest
  @EnumSource
  void givenATarget_whenOpenedWrittenClosedAndWrittenAgain_thenAllIsThereInOrder(Kind kind)
      throws IOException {
    try (FileChannel standardOutput = FileChannel.open(output, CREATE, APPEND)) {
      RecordTarget target = target(kind, standardOutput);
      target.open();
      target.write(bytes("one\n"));
      target.write(bytes("two\n  of two lines\n"));
      target.close();
      target.close();
      target.write(bytes("three\n"));
      target.close();
      assertThat(standardOutput.isOpen()).isTrue();
    }
    assertThat(Files.readString(written(kind))).endsWith("one\ntwo\n  of two lines\nthree\n");
  }

  @ParameterizedTest
  @EnumSource
  void givenATarget_whenItWasNotOpened_thenWritingOpensIt(Kind kind) throws IOException {
    try (FileChannel standardOutput = FileChannel.open(output, CREATE, APPEND)) {
      RecordTarget target = target(kind, standardOutput);
      target.write(bytes("one\n"));
      target.close();
    }
    assertThat(Files.readString(written(kind))).endsWith("one\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
