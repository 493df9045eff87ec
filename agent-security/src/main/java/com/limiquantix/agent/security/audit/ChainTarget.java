package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.security.record.NumberedFiles;
import com.limiquantix.agent.security.record.RecordTarget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
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
  private final MessageDigest sha256 = ChainLine.sha256();
  private volatile @Nullable ChainHead head;

  /**
   * @param file what writes to the first of {@code files}
   */
  ChainTarget(NumberedFiles files, RecordTarget file, FirstRecord first, List<AuditSink> sinks) {
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

  /**
   * Writes all of it or nothing that counts.
   *
   * @param bodies one or more records, each a line without its beginning
   */
  private ChainHead chain(ChainHead before, byte[] bodies) throws IOException {
    int[] ends = lineEnds(bodies);
    ByteBuffer lines = ByteBuffer.allocate(bodies.length + ends.length * ChainLine.MAX_START_BYTES);
    List<AuditRecord> records = new ArrayList<>(sinks.isEmpty() ? 0 : ends.length);
    ChainHead last = before;
    int begin = 0;
    for (int end : ends) {
      int start = lines.position();
      lines.put(ChainLine.startAfter(last)).put(bodies, begin, end - begin);
      int length = lines.position() - start - 1;
      String hash = ChainLine.hash(sha256, lines.array(), start, length);
      last = new ChainHead(last.sequence() + 1, hash);
      if (!sinks.isEmpty()) {
        String line = new String(lines.array(), start, length, StandardCharsets.UTF_8);
        records.add(new AuditRecord(last.sequence(), hash, line));
      }
      begin = end;
    }
    file.write(Arrays.copyOf(lines.array(), lines.position()));
    head = last;
    for (AuditRecord record : records) {
      for (AuditSink sink : sinks) {
        sink.accept(record);
      }
    }
    return last;
  }

  /** The places behind each line end. */
  private static int[] lineEnds(byte[] lines) {
    int count = 0;
    for (byte b : lines) {
      count += b == '\n' ? 1 : 0;
    }
    int[] ends = new int[count];
    int next = 0;
    for (int i = 0; i < lines.length; i++) {
      if (lines[i] == '\n') {
        ends[next++] = i + 1;
      }
    }
    return ends;
  }

  @Override
  public void close() {
    file.close();
    for (AuditSink sink : sinks) {
      sink.close();
    }
  }
}
