package com.limiquantix.agent.transport.link;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Receives what a {@link Link} has to tell. Calls are serial: the next begins after the one before
 * has returned, and all effects of the earlier are visible to the later. They come on a thread that
 * may serve a thousand other links, so none may block.
 *
 * <p>Order: {@link #onPeerPresent} before any {@link #onBytes}; {@link #onClosed} last.
 */
public interface LinkListener {

  /**
   * A peer is there. For a connection once, at the beginning; for a port each time a peer is seen
   * to come.
   */
  void onPeerPresent();

  /**
   * Bytes from the peer, in order. The listener takes all that it wants before it returns: the
   * buffer belongs to the link and is used again. May be direct or not; position to limit is the
   * content.
   */
  void onBytes(ByteBuffer bytes);

  /** Answers {@link Link#requestWritable}: {@link Link#write} is worth another try. */
  void onWritable();

  /**
   * The peer of a port went away; the link stays open for the next one. Bytes under way are lost,
   * and so may be this very notice when the next peer comes quickly.
   */
  void onPeerAbsent();

  /**
   * The link is closed for good and nothing comes any more.
   *
   * @param cause null when either side closed it in order, else what broke it
   */
  void onClosed(@Nullable Throwable cause);
}
