package com.limiquantix.agent.security.record;

import java.io.IOException;

/**
 * Where records go. All methods may block for as long as a disk, a reader or a terminal is stuck,
 * and are called by one thread only.
 */
public interface RecordTarget {

  /**
   * Opens ahead of the first record what has to be opened.
   *
   * @throws IOException if that can't be done; {@link #write} tries it anew
   */
  void open() throws IOException;

  /**
   * Writes one record, or several in a row, as whole lines, whatever an attempt before has left
   * behind.
   *
   * @param record ends with a line end
   * @throws IOException if any of it may be missing; the next call opens anew what has to be
   */
  void write(byte[] record) throws IOException;

  /** Closes what was opened; it can be opened again. */
  void close();
}
