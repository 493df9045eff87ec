package com.limiquantix.agent.security;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * What becomes known of one call on its way: what it is about, which rule let it through or refused
 * it, how many bytes it moved. Interceptors and handlers add to it, audit records it when the call
 * ends. Any thread; never holds contents of files, input or output of commands, or values of an
 * environment.
 */
public final class CallFacts {
  /** Where a call finds its own; absent outside of a call that is audited. */
  private static final Context.Key<CallFacts> KEY = Context.key("limiquantix-call-facts");

  /** What a call is about. */
  public enum Kind {
    PATH,
    COMMAND,
    PROCESS,
    SERVICE,
    OTHER
  }

  /**
   * One thing that a call is about.
   *
   * @param text what was asked for, such as a path; secrets in it are already masked
   */
  public record Subject(Kind kind, String text) {}

  /**
   * What policy or a limit said.
   *
   * @param rule the key and the entry that decided, such as {@code security.command_allowlist: no
   *     entry for /bin/sh}
   */
  public record Decision(boolean allowed, String rule) {}

  private @Nullable Subject subject;
  private @Nullable Decision decision;
  private long bytes;

  /**
   * The facts of the call that the calling thread works for; outside of one, an object that nobody
   * reads, so that callers need not ask.
   */
  public static CallFacts current() {
    CallFacts facts = KEY.get();
    return facts == null ? new CallFacts() : facts;
  }

  /** The context in which {@link #current} finds this object. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** The last one counts: what a request names may turn out to be something else. */
  public synchronized void subject(Subject value) {
    subject = value;
  }

  /** A refusal stays, whatever is decided afterwards. */
  public synchronized void decision(Decision value) {
    if (decision == null || decision.allowed()) {
      decision = value;
    }
  }

  /** Content that was moved, either way. */
  public synchronized void addBytes(long count) {
    bytes += count;
  }

  /** What the call is about; null if nobody has said. */
  public synchronized @Nullable Subject subject() {
    return subject;
  }

  /** What was decided; null if no rule was asked. */
  public synchronized @Nullable Decision decision() {
    return decision;
  }

  /** How many bytes of content the call has moved so far. */
  public synchronized long bytes() {
    return bytes;
  }
}
