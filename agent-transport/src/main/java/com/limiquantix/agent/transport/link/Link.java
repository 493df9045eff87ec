package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.protocol.PeerInfo;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A duplex byte stream to one peer that never blocks its user.
 *
 * <p>A link is one of two kinds. A <em>connection</em> (unix socket, vsock, in-process) has one
 * peer for its whole life and closes when that peer goes. A <em>port</em> (virtio-serial) outlives
 * its peers: they come and go, possibly unnoticed, and {@link LinkListener#onPeerAbsent} tells when
 * the link saw that.
 *
 * <p>Life: {@link #open} exactly once, first; then {@link #write} and {@link #requestWritable} from
 * any thread, but one at a time; {@link #close} at any time, from any thread, as often as wanted.
 * After close nothing is written and {@link LinkListener#onClosed} comes exactly once.
 */
public interface Link extends AutoCloseable {

  /**
   * Begins delivery to {@code listener}. All its methods are called one after the other, never two
   * at once, and never from within {@code open}, {@code write} or {@code requestWritable}.
   *
   * @throws IllegalStateException if opened before
   */
  void open(LinkListener listener);

  /**
   * Hands over as many of the remaining bytes of {@code src} as can be taken at once, and advances
   * its position by that many. Never blocks. Taken bytes may still be lost when the peer goes away.
   *
   * @return how many bytes were taken; 0 when the way is full, the peer is absent, or nothing
   *     remained
   * @throws IOException if the link is closed or broken; it closes itself then
   * @throws IllegalStateException if not open yet
   */
  int write(ByteBuffer src) throws IOException;

  /**
   * Asks for one {@link LinkListener#onWritable} as soon as {@link #write} would take bytes again.
   * Asking again before it came changes nothing.
   */
  void requestWritable();

  /** Who is at the other end. Constant for the life of the link. */
  PeerInfo peer();

  /**
   * Whether the first peer was there before the link was opened. What it says first may then be the
   * rest of something that it began to say to an earlier user of the same port. To be asked from
   * {@link LinkListener#onPeerPresent} on.
   */
  default boolean peerWasThere() {
    return false;
  }

  /** Ends the link in both directions. Never blocks, never throws. */
  @Override
  void close();
}
