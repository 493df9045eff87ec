package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.security.record.NumberedFiles;
import com.limiquantix.agent.security.record.RecordTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers and chains what is written, continues what an earlier run has left, and passes on what is
 * in the file. A record has no number before it is written: what cannot be written leaves no gap.
 */
final class ChainTarget implements RecordTarget {
  /** Makes the first record of a run. */
  interface FirstRecord {
    /**
     * The record.
     *
     * @param found what the run before has left
     */
    byte[] of(ChainTail found);
  }

  private final NumberedFiles files;
  private final RecordTarget file;
  private final FirstRecord first;
  private final List<AuditSink> sinks;
  private volatile @Nullable ChainHead head;

  /**
   * @param file what writes to the first of {@code files}
   */
  ChainTarget(
      NumberedFiles files, RecordTarget file, FirstRecord first, List<AuditSink> sinks) {
    this.files = files;
    this.file = file;
    this.first = first;
    this.sinks = List.copyOf(sinks);
  }

  /** The last record that is in the file; null before the first was written. Any thread. */
  @Nullable ChainHead head() {
    return head;
  }

  @Override
  public void open() throws IOException {
    begun();
  }

  @Override
  public void write(byte[] body) throws IOException {
    chain(begun(), body);
  }

  private ChainHead begun() throws IOException {
    ChainHead known = head;
    if (known != null) {
      return known;
    }
    ChainTail found = ChainTail.of(files);
    file.open();
    return chain(found.head(), first.of(found));
  }

  private ChainHead chain(ChainHead before, byte[] body) throws IOException {
    byte[] line = ChainLine.following(before, body);
    file.write(line);
    int length = line.length - 1;
    ChainHead next = new ChainHead(before.sequence() + 1, ChainLine.hash(line, length));
    head = next;
    if (!sinks.isEmpty()) {
      AuditRecord record =
          new AuditRecord(
              next.sequence(), next.hash(), new String(line, 0, length, StandardCharsets.UTF_8));
      for (AuditSink sink : sinks) {
        sink.accept(record);
      }
    }
    return next;
  }

  @Override
  public void close() {
    file.close();
    for (AuditSink sink : sinks) {
      sink.close();
    }
  }
}
