package com.limiquantix.agent.app.logging;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file that is appended to and rotated by size. Before each record it is made sure that the open
 * file is still the one that has the name; if not, or after a failure, it is opened again. What is
 * not a regular file (a FIFO, a terminal) is written to but not rotated.
 */
final class FileTarget implements LogTarget {

  /** After a rotation that failed the file grows by this part of its size until the next try. */
  private static final int GROWTH = 10;

  /**
   * @param key what tells this file from others of the same name; null on systems without that
   */
  private record Opened(WritableByteChannel channel, ChannelTarget out, @Nullable Object key) {}

  private final NumberedFiles files;
  private final long maxBytes;
  private final RecordEncoder encoder;
  private long rotateAt;
  private @Nullable Opened opened;

  /**
   * @param maxBytes size from which on the file is rotated
   * @param encoder makes the record that tells of a rotation that failed
   */
  FileTarget(NumberedFiles files, long maxBytes, RecordEncoder encoder) {
    this.files = files;
    this.maxBytes = maxBytes;
    this.encoder = encoder;
    this.rotateAt = maxBytes;
  }

  @Override
  public void open() throws IOException {
    opened();
  }

  @Override
  public void write(byte[] record) throws IOException {
    boolean done = false;
    try {
      ChannelTarget out = current();
      out.write(record);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private ChannelTarget current() throws IOException {
    Opened open = opened;
    BasicFileAttributes named = attributes();
    if (open == null || named == null || !Objects.equals(open.key, named.fileKey())) {
      close();
      return opened();
    }
    return named.isRegularFile() && named.size() >= rotateAt
        ? rotated(open, named.size())
        : open.out;
  }

  private ChannelTarget rotated(Opened open, long size) throws IOException {
    try {
      files.rotate();
    } catch (IOException e) {
      rotateAt = size + maxBytes / GROWTH;
      open.out.write(
          encoder.own(
              Level.WARN,
              "the log file "
                  + files.file()
                  + " can't be rotated and grows beyond "
                  + maxBytes
                  + " bytes: "
                  + IoReason.of(e)));
      return open.out;
    }
    rotateAt = maxBytes;
    close();
    return opened();
  }

  private ChannelTarget opened() throws IOException {
    Path file = files.file();
    Path directory = file.getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      Files.createDirectories(directory);
    }
    FileChannel channel = FileChannel.open(file, CREATE, WRITE, APPEND);
    Opened made = null;
    try {
      BasicFileAttributes named = Files.readAttributes(file, BasicFileAttributes.class);
      boolean torn = named.isRegularFile() && endsWithinALine(file);
      made = new Opened(channel, new ChannelTarget(channel, torn), named.fileKey());
    } finally {
      if (made == null) {
        channel.close();
      }
    }
    opened = made;
    return made.out;
  }

  /** Whether the file lacks its last line end: a disk was full, or the system went down. */
  private static boolean endsWithinALine(Path file) throws IOException {
    try (FileChannel read = FileChannel.open(file, READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      long size = read.size();
      return size > 0 && read.read(last, size - 1) == 1 && last.get(0) != '\n';
    }
  }

  private @Nullable BasicFileAttributes attributes() throws IOException {
    try {
      return Files.readAttributes(files.file(), BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public void close() {
    Opened open = opened;
    opened = null;
    if (open != null) {
      try {
        open.channel.close();
      } catch (IOException e) {
        // The descriptor is gone all the same, and close(2) tells nothing that write(2) has not,
        // but on file systems over a network, which then have lost what was written before.
        return;
      }
    }
  }
}
