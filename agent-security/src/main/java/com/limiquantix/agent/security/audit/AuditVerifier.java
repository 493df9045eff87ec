package com.limiquantix.agent.security.audit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an audit log with its rotated files and tells what does not fit together: records that were
 * removed, changed, added, moved or cut off. One file each; one thread.
 */
public final class AuditVerifier {
  /** Of more than that, only the number counts. */
  private static final int MAX_PROBLEMS = 100;

  /**
   * What was found.
   *
   * @param files how many were read
   * @param records whole records in them
   * @param first number of the first record; 0 if there is none
   * @param last number of the last one; 0 if there is none
   * @param hash of the last one, which the host should have been told; empty if there is none
   * @param problems what shows that the log is not as it was written, one sentence each
   * @param notExcluded what these files and this head cannot show, one sentence each
   */
  public record Findings(
      int files,
      long records,
      long first,
      long last,
      String hash,
      List<String> problems,
      List<String> notExcluded) {
    /** Copies the lists. */
    public Findings {
      problems = List.copyOf(problems);
      notExcluded = List.copyOf(notExcluded);
    }
  }

  private final @Nullable String head;
  private final List<String> problems = new ArrayList<>();
  private final List<String> notExcluded = new ArrayList<>();
  private long moreProblems;
  private long records;
  private long first;
  private long last;
  private long vouched;
  private @Nullable String lastHash;

  private AuditVerifier(@Nullable String head) {
    this.head = head;
  }

  /** Whether a text can be a head: 64 lower-case hexadecimal digits. */
  public static boolean isHead(String text) {
    return ChainLine.isHash(text);
  }

  /**
   * Checks a log.
   *
   * @param file the one that is written; the rotated ones lie beside it
   * @param head hash of a record that the host was told of; null if none is known
   * @throws IOException if a file cannot be read, or there is none
   */
  public static Findings verify(Path file, @Nullable String head) throws IOException {
    AuditVerifier verifier = new AuditVerifier(head);
    List<Path> files = files(file);
    for (Path each : files) {
      verifier.read(each);
    }
    return verifier.findings(files.size());
  }

  /** The oldest first. */
  private static List<Path> files(Path file) throws IOException {
    TreeMap<Long, Path> found = new TreeMap<>();
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    String prefix = absolute.getFileName() + ".";
    if (directory != null && Files.isDirectory(directory)) {
      try (Stream<Path> all = Files.list(directory)) {
        all.filter(each -> isNumbered(each, prefix))
            .forEach(
                each -> found.put(-number(each, prefix), file.resolveSibling(each.getFileName())));
      }
    }
    List<Path> files = new ArrayList<>(found.values());
    if (Files.exists(file)) {
      files.add(file);
    }
    if (files.isEmpty()) {
      throw new NoSuchFileException(file.toString());
    }
    return files;
  }

  private static boolean isNumbered(Path file, String prefix) {
    String name = String.valueOf(file.getFileName());
    if (!name.startsWith(prefix) || name.length() == prefix.length()) {
      return false;
    }
    if (name.length() > prefix.length() + 6) {
      return false;
    }
    for (int i = prefix.length(); i < name.length(); i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  private static long number(Path file, String prefix) {
    return Long.parseLong(String.valueOf(file.getFileName()).substring(prefix.length()));
  }

  private void read(Path file) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long number = 1;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b != '\n') {
          if (line.size() <= ChainLine.MAX_BYTES) {
            line.write(b);
          }
          continue;
        }
        line(file + ":" + number, line.toByteArray());
        line.reset();
        number++;
      }
    }
    if (line.size() > 0) {
      problem(
          file
              + ":"
              + number
              + ": the last record is cut off; the agent mends that when it starts");
    }
  }

  private void line(String place, byte[] line) {
    ChainLine record = line.length > ChainLine.MAX_BYTES ? null : ChainLine.parse(line);
    String hash = ChainLine.hash(line, line.length);
    if (record == null) {
      problem(place + ": is no record of an audit log; it was changed or added");
      lastHash = hash;
      return;
    }
    if (lastHash == null) {
      begin(place, record);
    } else {
      follow(place, record, lastHash);
    }
    records++;
    last = record.sequence();
    lastHash = hash;
    if (hash.equals(head)) {
      vouched = last;
    }
  }

  private void begin(String place, ChainLine record) {
    first = record.sequence();
    boolean fresh = record.previous().equals(ChainHead.NONE.hash());
    if (first > 1 && !fresh) {
      notExcluded.add(
          "the log begins with record "
              + first
              + ": those before it were rotated away, or somebody removed them");
    } else if (first > 1 || !fresh) {
      problem(place + ": record " + first + " can't be the first of a chain; it was changed");
    }
  }

  private void follow(String place, ChainLine record, String before) {
    long sequence = record.sequence();
    if (first == 0) {
      first = sequence;
    }
    if (sequence == last + 1) {
      if (!record.previous().equals(before)) {
        problem(
            place
                + ": record "
                + sequence
                + " does not follow from what is before it: one of the two was changed");
      }
    } else if (sequence > last + 1) {
      long missing = sequence - last - 1;
      problem(
          place
              + (missing == 1
                  ? ": record " + (last + 1) + " is missing"
                  : ": records " + (last + 1) + " to " + (sequence - 1) + " are missing"));
    } else if (sequence == 1 && record.previous().equals(ChainHead.NONE.hash())) {
      problem(
          place
              + ": a new chain begins behind record "
              + last
              + "; the agent found no earlier file");
    } else {
      problem(
          place
              + ": record "
              + sequence
              + " stands behind record "
              + last
              + ": moved, repeated or"
              + " added");
    }
  }

  private void problem(String sentence) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(sentence);
    } else {
      moreProblems++;
    }
  }

  private Findings findings(int files) {
    if (head == null) {
      notExcluded.add(
          "without the head that the host was told (--head), records may have been cut off at the"
              + " end, the last one changed, or the whole log written anew by somebody who may"
              + " write to it");
    } else if (vouched == 0) {
      problem(
          "no record has the hash "
              + head
              + ": the log was cut off before it, or changed; or the head is of another agent, or"
              + " was rotated away");
    } else if (vouched < last) {
      notExcluded.add(
          "the head is that of record "
              + vouched
              + "; it does not vouch for the "
              + (last - vouched)
              + " after it");
    }
    if (moreProblems > 0) {
      problems.add("and " + moreProblems + " more problems");
    }
    return new Findings(
        files, records, first, last, lastHash == null ? "" : lastHash, problems, notExcluded);
  }
}
