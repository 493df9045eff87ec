package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that is being written beside the place it is to take. Closing it without {@link #commit}
 * removes it. For one thread; must be closed before the {@link GuardedPath} that it comes from.
 */
public final class PendingFile implements AutoCloseable {
  private static final int ATTEMPTS = 8;

  private final FileCalls calls;
  private final String asked;
  private final int directory;
  private final String name;
  private final String hidden;
  private final int descriptor;
  private final FileChannel channel;
  private boolean committed;

  private PendingFile(
      FileCalls calls,
      String asked,
      int directory,
      String name,
      String hidden,
      int descriptor,
      FileChannel channel) {
    this.calls = calls;
    this.asked = asked;
    this.directory = directory;
    this.name = name;
    this.hidden = hidden;
    this.descriptor = descriptor;
    this.channel = channel;
  }

  static PendingFile begin(FileCalls calls, String asked, int directory, String name, int mode)
      throws StatusException {
    int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL;
    for (int attempt = 0; ; attempt++) {
      String hidden = ".limiquantix-" + HexFormat.of().toHexDigits(random()) + ".tmp";
      try {
        int descriptor = calls.open(directory, hidden, flags, mode);
        return new PendingFile(
            calls, asked, directory, name, hidden, descriptor, channel(calls, descriptor));
      } catch (FileCallException e) {
        if (e.errno() != FileCallException.EEXIST || attempt == ATTEMPTS) {
          throw PathFailures.of(asked, e);
        }
      }
    }
  }

  private static long random() {
    return ThreadLocalRandom.current().nextLong();
  }

  private static FileChannel channel(FileCalls calls, int descriptor) throws StatusException {
    try {
      return FileChannel.open(
          Path.of("/proc/self/fd/" + descriptor),
          StandardOpenOption.READ,
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      calls.close(descriptor);
      throw Status.INTERNAL
          .withDescription("a new file can't be opened by its descriptor: is /proc there?")
          .withCause(e)
          .asException();
    }
  }

  /** The file's content; closed with this. */
  public FileChannel channel() {
    return channel;
  }

  /** Gives the file to somebody; before {@link #commit}, so that nobody else ever has it. */
  public void owner(long uid, long gid) throws StatusException {
    try {
      calls.owner(descriptor, uid, gid);
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  /** Puts the file in its place, instead of what was there. */
  public void commit(boolean durable) throws StatusException {
    commit(durable, true);
  }

  /**
   * Puts the file in its place.
   *
   * @param durable whether to wait until the disk has file and name
   * @param replace whether a file of that name may be replaced; if not, ALREADY_EXISTS
   */
  public void commit(boolean durable, boolean replace) throws StatusException {
    try {
      if (durable) {
        calls.sync(descriptor);
      }
      calls.rename(directory, hidden, directory, name, replace);
      committed = true;
      if (durable) {
        syncDirectory();
      }
    } catch (FileCallException e) {
      throw PathFailures.of(asked, e);
    }
  }

  private void syncDirectory() throws FileCallException {
    int open = calls.open(directory, ".", FileCalls.O_RDONLY, 0);
    try {
      calls.sync(open);
    } finally {
      calls.close(open);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a new file", e);
    } finally {
      calls.close(descriptor);
      removeUnlessCommitted();
    }
  }

  private void removeUnlessCommitted() {
    if (committed) {
      return;
    }
    try {
      calls.unlink(directory, hidden, false);
    } catch (FileCallException e) {
      // Somebody has removed it already, or the disk fails, which the caller has been told of.
    }
  }
}
