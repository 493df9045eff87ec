package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One output of a command while it is open. Lives on the loop's thread. */
final class CommandPipe implements CommandLoop.Source {
  // As much as a pipe can hold by default (pipe(7)); with it the end of a pipe that something keeps
  // filling is reached after a few reads.
  private static final int DRAIN_READS = 16;

  private static final Logger log = LoggerFactory.getLogger(CommandPipe.class);

  private final Posix posix;
  private final CommandLoop loop;
  private final int fd;
  private final byte[] buffer;
  private final OutputCollector collector;
  private final Runnable onEnd;
  private boolean open = true;

  /**
   * @param buffer room to read into, shared by all pipes of the loop
   * @param onEnd told once, when the last writer has gone
   */
  CommandPipe(
      Posix posix,
      CommandLoop loop,
      int fd,
      byte[] buffer,
      OutputCollector collector,
      Runnable onEnd) {
    this.posix = posix;
    this.loop = loop;
    this.fd = fd;
    this.buffer = buffer;
    this.collector = collector;
    this.onEnd = onEnd;
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  public void ready() {
    if (open && read().orElse(1) == 0) {
      close();
      onEnd.run();
    }
  }

  /** Takes what is there now; does not tell of the end. */
  void drain() {
    for (int i = 0; i < DRAIN_READS && open; i++) {
      OptionalInt count = read();
      if (count.isEmpty()) {
        return;
      }
      if (count.getAsInt() == 0) {
        close();
      }
    }
  }

  boolean isOpen() {
    return open;
  }

  OutputCollector collector() {
    return collector;
  }

  void close() {
    if (open) {
      open = false;
      loop.remove(this);
      posix.close(fd);
    }
  }

  /** What one read gave: the number of bytes, 0 at the end, empty when there is nothing now. */
  private OptionalInt read() {
    try {
      OptionalInt count = posix.read(fd, buffer);
      count.ifPresent(size -> collector.add(buffer, size));
      return count;
    } catch (PosixException e) {
      // An open pipe gives none but EFAULT, EINVAL and EIO, read(2): what may follow is lost.
      log.error("a command's output cannot be read", e);
      collector.markCut();
      return OptionalInt.of(0);
    }
  }
}
