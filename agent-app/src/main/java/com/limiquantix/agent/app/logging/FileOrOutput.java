package com.limiquantix.agent.app.logging;

import ch.qos.logback.classic.Level;
import com.limiquantix.agent.security.record.FileTarget;
import com.limiquantix.agent.security.record.IoReason;
import com.limiquantix.agent.security.record.RecordTarget;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The log file; or for good standard output, which says why, if the file can't be opened when the
 * log begins: whoever has named a wrong file looks there.
 */
final class FileOrOutput implements RecordTarget {

  private final FileTarget file;
  private final RecordTarget standardOutput;
  private final RecordEncoder encoder;
  private @Nullable RecordTarget chosen;

  FileOrOutput(FileTarget file, RecordTarget standardOutput, RecordEncoder encoder) {
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

  private RecordTarget chosen() throws IOException {
    RecordTarget target = chosen;
    if (target == null) {
      target = choose();
      chosen = target;
    }
    return target;
  }

  private RecordTarget choose() throws IOException {
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
