package com.limiquantix.agent.security.record;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that is appended to and rotated by size. Before each record it is made sure that the open
 * file is still the one that has the name; if not, or after a failure, it is opened again. What is
 * not a regular file (a FIFO, a terminal) is written to but not rotated. One thread.
 */
public final class FileTarget implements RecordTarget {

  /** How a file is made, and mended when it ends within a line. */
  public enum Care {
    /** As any file of the process is made; a line that was cut gets its line end. */
    PLAIN,
    /**
     * For its owner alone from the first moment, and not through a link at its name; a line that
     * was cut is removed, and so is all of what could be written only in part.
     */
    STRICT
  }

  /** Tells of a rotation that failed. */
  public interface RotationFailure {
    /**
     * Tells of it.
     *
     * @param file the file that was not rotated, to write to
     * @param sentence what failed and why
     */
    void tell(RecordTarget file, String sentence) throws IOException;
  }

  /** After a rotation that failed the file grows by this part of its size until the next try. */
  private static final int GROWTH = 10;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  /** How much is looked at in one step to find the end of the last whole line. */
  private static final int STEP_BYTES = 4096;

  /**
   * @param key what tells this file from others of the same name; null on systems without that
   */
  private record Opened(FileChannel channel, ChannelTarget out, @Nullable Object key) {}

  /**
   * Where a file has to end again after a write that failed.
   *
   * @param key of the file that was written to
   */
  private record Cut(@Nullable Object key, long bytes) {}

  private final NumberedFiles files;
  private final long maxBytes;
  private final Care care;
  private final RotationFailure onFailure;
  private long rotateAt;
  private @Nullable Opened opened;
  private @Nullable Cut cut;

  /**
   * @param maxBytes size from which on the file is rotated
   */
  public FileTarget(NumberedFiles files, long maxBytes, Care care, RotationFailure onFailure) {
    this.files = files;
    this.maxBytes = maxBytes;
    this.care = care;
    this.onFailure = onFailure;
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
      beginWrite();
      out.write(record);
      done = true;
      cut = null;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private void beginWrite() throws IOException {
    Opened open = opened;
    if (care == Care.STRICT && open != null) {
      cut = new Cut(open.key, open.channel.size());
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
      onFailure.tell(
          open.out,
          files.file()
              + " can't be rotated and grows beyond "
              + maxBytes
              + " bytes: "
              + IoReason.of(e));
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
    FileChannel channel = channel(file);
    Opened made = null;
    try {
      BasicFileAttributes named = Files.readAttributes(file, BasicFileAttributes.class);
      boolean torn = named.isRegularFile() && endsWithinALine(file);
      if (care == Care.STRICT && named.isRegularFile()) {
        Cut failed = cut;
        if (failed != null && Objects.equals(failed.key, named.fileKey())) {
          channel.truncate(failed.bytes);
        } else if (torn) {
          channel.truncate(wholeLines(file));
        }
        torn = false;
      }
      made = new Opened(channel, new ChannelTarget(channel, torn), named.fileKey());
    } finally {
      if (made == null) {
        channel.close();
      }
    }
    opened = made;
    return made.out;
  }

  private FileChannel channel(Path file) throws IOException {
    if (care == Care.PLAIN) {
      return FileChannel.open(file, CREATE, WRITE, APPEND);
    }
    Set<OpenOption> options = Set.of(CREATE, WRITE, APPEND, LinkOption.NOFOLLOW_LINKS);
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return FileChannel.open(file, options);
    }
    FileAttribute<?> ownerOnly = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    FileChannel channel = FileChannel.open(file, options, ownerOnly);
    if (Files.isRegularFile(file) && !Files.getPosixFilePermissions(file).equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(file, OWNER_ONLY);
    }
    return channel;
  }

  /** Whether the file lacks its last line end: a disk was full, or the system went down. */
  private static boolean endsWithinALine(Path file) throws IOException {
    try (FileChannel read = FileChannel.open(file, READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      long size = read.size();
      return size > 0 && read.read(last, size - 1) == 1 && last.get(0) != '\n';
    }
  }

  /** The bytes up to and with the last line end. */
  private static long wholeLines(Path file) throws IOException {
    try (FileChannel read = FileChannel.open(file, READ)) {
      ByteBuffer step = ByteBuffer.allocate(STEP_BYTES);
      long end = read.size();
      while (end > 0) {
        long begin = Math.max(0, end - STEP_BYTES);
        step.clear().limit((int) (end - begin));
        int count = Math.max(0, read.read(step, begin));
        for (int i = count - 1; i >= 0; i--) {
          if (step.get(i) == '\n') {
            return begin + i + 1;
          }
        }
        end = begin;
      }
      return 0;
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
