package com.limiquantix.agent.transport.internal.session;

import com.limiquantix.agent.protocol.v2.CallCancel;
import com.limiquantix.agent.protocol.v2.CallHeaders;
import com.limiquantix.agent.protocol.v2.CallTrailers;
import com.limiquantix.agent.protocol.v2.SessionLimits;
import com.limiquantix.agent.transport.TransportLimits;
import com.limiquantix.agent.transport.internal.frame.Frame;
import com.limiquantix.agent.transport.internal.frame.FrameCodec;
import com.limiquantix.agent.transport.internal.frame.FrameException;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls between one Hello and the next, or the end of the link. Ended sessions stay ended: what
 * is still sent on their calls goes nowhere.
 */
public final class Session {

  /**
   * What both sides agreed on.
   *
   * @param nonce the host's, from its Hello
   * @param token the agent's, in every frame
   * @param peerMaxPayloadBytes largest payload that the peer takes
   * @param peerMaxHeaderBytes largest headers that the peer takes
   * @param peerInitialCallCredit what we may send on a new call unasked
   * @param peerSessionCredit what all calls together may send at first
   * @param peerMaxCalls how many calls the peer serves at once
   * @param peerSoftware name and version of the peer, as it says; may be empty
   */
  public record Terms(
      long nonce,
      long token,
      int peerMaxPayloadBytes,
      int peerMaxHeaderBytes,
      int peerInitialCallCredit,
      int peerSessionCredit,
      int peerMaxCalls,
      String peerSoftware) {

    /** The terms that follow from what the peer announced and what we want ourselves. */
    static Terms of(
        long nonce, long token, TransportLimits ours, SessionLimits peer, String peerSoftware) {
      int payload =
          Math.min(ours.maxFramePayloadBytes(), atLeast(peer.getMaxFramePayloadBytes(), 4_096));
      return new Terms(
          nonce,
          token,
          payload,
          // Headers travel in one frame, whatever else the peer would take.
          Math.min(payload, atLeast(peer.getMaxHeaderBytes(), 4_096)),
          atLeast(peer.getInitialCallCredit(), 4_096),
          atLeast(peer.getInitialSessionCredit(), 65_536),
          atLeast(peer.getMaxCalls(), 1),
          peerSoftware);
    }

    /** A field of the peer's, which is unsigned; absent, it has the smallest allowed value. */
    private static int atLeast(int value, int min) {
      return value < 0 ? Integer.MAX_VALUE : Math.max(value, min);
    }
  }

  /** Room for the credit that is added to the headers of a call when they are sent. */
  private static final int CREDIT_FIELD_BYTES = 8;

  private static final int MAX_REASON_CHARS = 1_000;

  private final Endpoint endpoint;
  private final Terms terms;
  private final Map<Integer, CallStream> calls = new HashMap<>();
  private int lastCallId;
  private boolean ended;
  private boolean used;

  Session(Endpoint endpoint, Terms terms) {
    this.endpoint = endpoint;
    this.terms = terms;
  }

  /** What both sides agreed on. */
  public Terms terms() {
    return terms;
  }

  /** The endpoint that the session runs over. */
  public Endpoint endpoint() {
    return endpoint;
  }

  OutboundQueue queue() {
    return endpoint.queue();
  }

  /** Whether a frame of the session has arrived. */
  boolean used() {
    return used;
  }

  /** Calls that are open now. */
  public int openCalls() {
    synchronized (endpoint.lock()) {
      return calls.size();
    }
  }

  /** How a session took a new call. */
  public enum Opening {
    OPENED,
    /** As many calls are open as the peer serves at once. */
    FULL,
    /** The session is over. */
    ENDED,
    /** The headers are larger than the peer takes. */
    TOO_LARGE,
    /** The call was given up before it began. */
    GONE
  }

  /** Host: carries a new call, if it can. */
  public Opening open(CallStream call, CallHeaders headers) {
    synchronized (endpoint.lock()) {
      if (call.isClosed()) {
        return Opening.GONE;
      }
      if (ended) {
        return Opening.ENDED;
      }
      if (headers.getSerializedSize() + CREDIT_FIELD_BYTES > terms.peerMaxHeaderBytes) {
        return Opening.TOO_LARGE;
      }
      if (calls.size() >= terms.peerMaxCalls) {
        return Opening.FULL;
      }
      do {
        lastCallId = lastCallId == Integer.MAX_VALUE ? 1 : lastCallId + 1;
      } while (calls.containsKey(lastCallId));
      calls.put(lastCallId, call);
      call.attach(this, lastCallId, terms.peerInitialCallCredit);
      call.queueOpen(headers);
      return Opening.OPENED;
    }
  }

  void flush() {
    endpoint.flush();
  }

  void callClosed() {
    endpoint.onCallClosed(this);
  }

  /** Under the lock. */
  void forget(CallStream call) {
    calls.remove(call.id(), call);
  }

  /** Under the lock: tells the peer that the call is given up. */
  void cancelled(CallStream call, Status status) {
    if (ended) {
      return;
    }
    CallCancel.Builder message = CallCancel.newBuilder().setCode(status.getCode().value());
    String description = status.getDescription();
    if (description != null) {
      message.setMessage(
          description.substring(0, Math.min(description.length(), MAX_REASON_CHARS)));
    }
    queue().urgent(new Frame.Cancel(call.id(), message.build()));
  }

  /** Under the lock: no frame of it goes out any more; returns the calls that it leaves behind. */
  List<CallStream> end() {
    ended = true;
    List<CallStream> left = new ArrayList<>(calls.values());
    for (CallStream call : left) {
      call.close();
    }
    return left;
  }

  /**
   * Handles a frame that belongs to a call or gives credit.
   *
   * @throws FrameException if the peer broke a rule that ends the session
   */
  void onFrame(Frame frame) throws FrameException {
    used = true;
    if (frame instanceof Frame.Message piece) {
      onPiece(piece);
    } else if (frame instanceof Frame.Credit credit) {
      onCredit(credit);
    } else if (frame instanceof Frame.Open open) {
      onOpen(open);
    } else if (frame instanceof Frame.OfCall ofCall) {
      onControl(ofCall);
    } else {
      throw new FrameException("a frame that has no place in a session");
    }
  }

  private @Nullable CallStream find(int callId) {
    synchronized (endpoint.lock()) {
      return calls.get(callId);
    }
  }

  private void onPiece(Frame.Message piece) throws FrameException {
    CallStream call;
    synchronized (endpoint.lock()) {
      // What was read lies in no queue any more, whatever becomes of it.
      queue().returnCredit(FrameCodec.encodedSize(piece));
      call = calls.get(piece.callId());
    }
    // A call that is gone: its last messages crossed our trailers or our cancel.
    if (call != null) {
      call.onPiece(piece);
    }
  }

  private void onCredit(Frame.Credit credit) {
    synchronized (endpoint.lock()) {
      if (credit.callId() == 0) {
        queue().addCredit(credit.bytes());
        return;
      }
      CallStream call = calls.get(credit.callId());
      if (call != null) {
        call.addCredit(credit.bytes());
      }
    }
  }

  private void onOpen(Frame.Open open) throws FrameException {
    synchronized (endpoint.lock()) {
      if (calls.containsKey(open.callId())) {
        throw new FrameException("a call is opened twice");
      }
    }
    endpoint.onOpen(this, open);
  }

  /**
   * Agent: takes a call that the host has opened.
   *
   * @param most how many calls may be open then
   * @return false if there are as many already
   */
  public boolean accept(Frame.Open open, CallStream call, int most) {
    synchronized (endpoint.lock()) {
      if (ended || calls.size() >= most) {
        return false;
      }
      calls.put(open.callId(), call);
      call.attach(
          this,
          open.callId(),
          (long) terms.peerInitialCallCredit + Integer.toUnsignedLong(open.message().getCredit()));
      return true;
    }
  }

  /** Agent: ends a call that was not accepted. */
  public void refuse(Frame.Open open, CallTrailers trailers) {
    synchronized (endpoint.lock()) {
      if (!ended) {
        queue().urgent(new Frame.Trailers(open.callId(), trailers));
      }
    }
    flush();
  }

  private void onControl(Frame.OfCall frame) throws FrameException {
    CallStream call = find(frame.callId());
    if (call == null) {
      return;
    }
    boolean host = endpoint.isHost();
    if (frame instanceof Frame.Cancel cancel) {
      closeQuietly(call);
      Status status =
          Status.fromCodeValue(cancel.message().getCode())
              .withDescription(cancel.message().getMessage());
      call.listener().onReset(status.isOk() ? Status.CANCELLED : status);
    } else if (host && frame instanceof Frame.Headers headers) {
      synchronized (endpoint.lock()) {
        call.headersArrived();
      }
      call.listener().onHeaders(headers.message());
    } else if (host && frame instanceof Frame.Trailers trailers) {
      synchronized (endpoint.lock()) {
        call.allArrived();
      }
      closeQuietly(call);
      call.listener().onTrailers(trailers.message());
    } else if (!host && frame instanceof Frame.HalfClose) {
      synchronized (endpoint.lock()) {
        call.allArrived();
      }
      call.listener().onHalfClose();
    } else {
      throw new FrameException("a frame from the wrong side");
    }
  }

  private void closeQuietly(CallStream call) {
    synchronized (endpoint.lock()) {
      call.close();
    }
    callClosed();
  }
}
