package com.limiquantix.agent.security.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A channel that others have opened, and that stays open: standard output, or the file within a
 * {@link FileTarget}. It is a channel rather than a stream because only that says how much of a
 * record was written before a failure.
 */
public final class ChannelTarget implements RecordTarget {

  /** How often a channel that does not block and has no room is tried again. */
  private static final long NO_ROOM_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final byte[] LINE_END = {'\n'};

  private final WritableByteChannel channel;
  private boolean torn;

  /**
   * @param torn whether the channel's end may be within a line
   */
  public ChannelTarget(WritableByteChannel channel, boolean torn) {
    this.channel = channel;
    this.torn = torn;
  }

  @Override
  public void open() {}

  @Override
  public void write(byte[] record) throws IOException {
    if (torn) {
      writeAll(ByteBuffer.wrap(LINE_END));
      torn = false;
    }
    ByteBuffer rest = ByteBuffer.wrap(record);
    try {
      writeAll(rest);
    } finally {
      torn = rest.position() > 0 && record[rest.position() - 1] != '\n';
    }
  }

  /**
   * Standard output does not block if a process that shares it has made it so, fcntl(2); it then
   * takes nothing while it has no room.
   */
  private void writeAll(ByteBuffer rest) throws IOException {
    while (rest.hasRemaining()) {
      if (channel.write(rest) == 0) {
        LockSupport.parkNanos(NO_ROOM_NANOS);
      }
    }
  }

  @Override
  public void close() {}
}
