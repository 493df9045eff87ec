package com.limiquantix.agent.app.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration file if nobody but root and the agent's own user can have written it. Java
 * can't ask an open file for its owner; therefore the path is judged before and after the reading,
 * and a file that was replaced or changed in between is refused.
 */
final class ConfigFile {

  /** A configuration of that size is none; it bounds the memory of reading it. */
  static final int MAX_BYTES = 1024 * 1024;

  private static final long ROOT = 0;
  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final int STICKY = 01000;

  /** What was found at a path. */
  sealed interface Content {
    /** The file's text, without a byte order mark. */
    record Text(String text) implements Content {}

    /** There is nothing of that name, not even a link. */
    record Absent() implements Content {}

    /** The file must not or cannot be read. */
    record Faulty(@Nullable Position at, String message) implements Content {}
  }

  /** What two looks at the same unchanged file agree in. */
  private record Identity(
      @Nullable Object inode,
      @Nullable Object device,
      @Nullable Object size,
      @Nullable Object changed) {}

  private final @Nullable Long ownUid;

  /**
   * @param ownUid the user who runs the agent, or null if that is unknown: then only root's files
   *     are trusted
   */
  ConfigFile(@Nullable Long ownUid) {
    this.ownUid = ownUid;
  }

  /** Returns the user id of this process, or null where the system has no such thing. */
  static @Nullable Long processUid() {
    try {
      return uid(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }

  Content read(Path file) {
    try {
      Path target;
      try {
        target = file.toRealPath();
      } catch (NoSuchFileException e) {
        return missing(file);
      }
      return readTarget(target);
    } catch (AccessDeniedException e) {
      return faulty("permission to read it is denied");
    } catch (FileSystemException e) {
      return faulty("can't be read: " + reason(e));
    } catch (IOException e) {
      return faulty("can't be read: " + e.getClass().getSimpleName());
    }
  }

  /** Nobody but the trusted may be able to make the file vanish either. */
  private Content missing(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return faulty("is a link to a file that does not exist");
    }
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null && Files.exists(directory) && hasUnixView(directory)) {
      String fault = directoryFault(directory.toRealPath());
      if (fault != null) {
        return faulty("does not exist, and " + fault);
      }
    }
    return new Content.Absent();
  }

  private Content readTarget(Path target) throws IOException {
    if (!Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
      return faulty("is not a regular file");
    }
    Identity before = identity(target);
    String fault = ownershipFault(target);
    if (fault != null) {
      return faulty(fault);
    }
    byte[] bytes = new byte[0];
    try (SeekableByteChannel channel =
        Files.newByteChannel(target, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      if (channel.size() > MAX_BYTES) {
        return faulty("is larger than " + MAX_BYTES + " bytes");
      }
      bytes = readAll(channel);
    }
    if (bytes.length > MAX_BYTES) {
      return faulty("is larger than " + MAX_BYTES + " bytes");
    }
    if (!before.equals(identity(target)) || ownershipFault(target) != null) {
      return faulty("was changed while it was read; try again");
    }
    return decode(bytes);
  }

  private static byte[] readAll(SeekableByteChannel channel) throws IOException {
    int expected = (int) Math.min(channel.size(), MAX_BYTES);
    ByteBuffer buffer = ByteBuffer.allocate(expected + 1);
    while (channel.read(buffer) >= 0) {
      if (!buffer.hasRemaining()) {
        if (buffer.capacity() > MAX_BYTES) {
          break;
        }
        buffer = ByteBuffer.allocate(MAX_BYTES + 1).put(buffer.flip());
      }
    }
    byte[] bytes = new byte[buffer.position()];
    buffer.flip().get(bytes);
    return bytes;
  }

  private static Identity identity(Path target) throws IOException {
    if (!hasUnixView(target)) {
      return new Identity(null, null, Files.size(target), Files.getLastModifiedTime(target));
    }
    Map<String, Object> now =
        Files.readAttributes(target, "unix:ino,dev,size,ctime", LinkOption.NOFOLLOW_LINKS);
    return new Identity(now.get("ino"), now.get("dev"), now.get("size"), now.get("ctime"));
  }

  private @Nullable String ownershipFault(Path target) throws IOException {
    if (!hasUnixView(target)) {
      return null;
    }
    Map<String, Object> is =
        Files.readAttributes(target, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    if (!trusted(uid(is.get("uid")))) {
      return "is owned by user id "
          + is.get("uid")
          + "; it must be owned by root or by the user who runs the agent";
    }
    if ((mode(is.get("mode")) & WRITABLE_BY_OTHERS) != 0) {
      return "may be written by its group or by everybody; run chmod go-w on it";
    }
    Path directory = target.getParent();
    return directory == null ? null : directoryFault(directory);
  }

  /** Whoever may write the directory may put another file in the place of this one. */
  private @Nullable String directoryFault(Path directory) throws IOException {
    Map<String, Object> is = Files.readAttributes(directory, "unix:uid,mode");
    int mode = mode(is.get("mode"));
    if (!trusted(uid(is.get("uid")))) {
      return "its directory is owned by user id "
          + is.get("uid")
          + "; it must be owned by root or by the user who runs the agent";
    }
    if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
      return "its directory may be written by its group or by everybody; run chmod go-w on it";
    }
    return null;
  }

  private boolean trusted(@Nullable Long uid) {
    return uid != null && (uid == ROOT || uid.equals(ownUid));
  }

  private static boolean hasUnixView(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  private static @Nullable Long uid(@Nullable Object attribute) {
    return attribute instanceof Integer uid ? Integer.toUnsignedLong(uid) : null;
  }

  private static int mode(@Nullable Object attribute) {
    return (Integer) Objects.requireNonNull(attribute);
  }

  private static String reason(FileSystemException e) {
    String reason = e.getReason();
    return reason == null ? e.getClass().getSimpleName() : Texts.printable(reason, 200);
  }

  private static Content faulty(String message) {
    return new Content.Faulty(null, message);
  }

  /** What a file of these bytes holds. */
  static Content decode(byte[] bytes) {
    boolean marked =
        bytes.length >= 3
            && bytes[0] == (byte) 0xef
            && bytes[1] == (byte) 0xbb
            && bytes[2] == (byte) 0xbf;
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (marked) {
      in.position(3);
    }
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      return new Content.Text(decoder.decode(in).toString());
    } catch (CharacterCodingException e) {
      return new Content.Faulty(
          positionAfter(bytes, marked ? 3 : 0, in.position()),
          "is not UTF-8 here; save the file as UTF-8");
    }
  }

  /** The bytes before the fault are good UTF-8, so its column can be counted in code points. */
  private static Position positionAfter(byte[] bytes, int start, int end) {
    int line = 1;
    int column = 1;
    for (int i = start; i < end; i++) {
      if (bytes[i] == '\n') {
        line++;
        column = 1;
      } else if ((bytes[i] & 0xc0) != 0x80) {
        column++;
      }
    }
    return new Position(line, column);
  }
}
