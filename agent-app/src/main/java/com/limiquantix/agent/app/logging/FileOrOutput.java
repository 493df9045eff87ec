package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The log file; or for good standard output, which says why, if the file can't be opened when the
 * log begins: whoever has named a wrong file looks there.
 */
final class FileOrOutput implements LogTarget {

  private final FileTarget file;
  private final LogTarget standardOutput;
  private final RecordEncoder encoder;
  private @Nullable LogTarget chosen;

  FileOrOutput(FileTarget file, LogTarget standardOutput, RecordEncoder encoder) {
    this.file = file;
    this.standardOutput = standardOutput;
    this.encoder = encoder;
  }

  @Override
  public void open() throws IOException {
    chosen();
  }

  @Override
  public void write(byte[] record) throws IOException {
    chosen().write(record);
  }

  private LogTarget chosen() throws IOException {
    LogTarget target = chosen;
    if (target == null) {
      target = choose();
      chosen = target;
    }
    return target;
  }

  private LogTarget choose() throws IOException {
    try {
      file.open();
      return file;
    } catch (IOException e) {
      standardOutput.write(
          encoder.own(
              Level.ERROR,
              "the log file can't be opened and the log goes to standard output: "
                  + IoReason.of(e)));
      return standardOutput;
    }
  }

  @Override
  public void close() {
    file.close();
    standardOutput.close();
  }
}
