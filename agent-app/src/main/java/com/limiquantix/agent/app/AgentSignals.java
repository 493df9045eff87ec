package com.limiquantix.agent.app;

import com.limiquantix.agent.app.internal.jna.SignalDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The signals that this process is asked by.
 *
 * <p>A signal that comes before the JVM can handle it kills the process. Our own launcher therefore
 * blocks them, and what is blocked waits to be read here. A process that was started otherwise gets
 * them through {@code sun.misc.Signal} of module {@code jdk.unsupported}, reached by reflection
 * because the compiler's warning about that class cannot be suppressed.
 */
final class AgentSignals {
  private static final Path STATUS = Path.of("/proc/thread-self/status");
  private static final String BLOCKED = "SigBlk:";
  private static final String PENDING = "ShdPnd:";
  private static final long STOPS = bit(SignalDescriptor.SIGTERM) | bit(SignalDescriptor.SIGINT);

  private AgentSignals() {}

  /**
   * Runs an action each time its signal comes, in a thread of its own, instead of what the signal
   * does by default.
   *
   * @param stop for SIGTERM and SIGINT
   * @param reload for SIGHUP
   */
  static void listen(Runnable stop, Runnable reload) {
    if ((mask(BLOCKED) & bit(SignalDescriptor.SIGTERM)) != 0) {
      read(stop, reload);
    } else {
      handle("TERM", stop);
      handle("INT", stop);
      handle("HUP", reload);
    }
  }

  /** Whether this process was asked to end before it could hear it: there is nothing to stop. */
  static boolean endIsPending() {
    return (mask(PENDING) & STOPS) != 0;
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }

  /** A set of signals in {@code status} of proc(5); none where that is unknown. */
  private static long mask(String name) {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith(name)) {
          return Long.parseUnsignedLong(line.substring(name.length()).strip(), 16);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot tell which signals are blocked or pending", e);
    }
    return 0;
  }

  private static void read(Runnable stop, Runnable reload) {
    SignalDescriptor signals;
    try {
      signals =
          SignalDescriptor.open(
              SignalDescriptor.SIGTERM, SignalDescriptor.SIGINT, SignalDescriptor.SIGHUP);
    } catch (IOException e) {
      throw new UncheckedIOException("signals are blocked but cannot be read", e);
    }
    start(
        "agent-signals",
        () -> {
          while (true) {
            int signal = next(signals);
            start("agent-signal", signal == SignalDescriptor.SIGHUP ? reload : stop);
          }
        });
  }

  private static int next(SignalDescriptor signals) {
    try {
      return signals.next();
    } catch (IOException e) {
      throw new UncheckedIOException("the agent hears no signals any more", e);
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Runs {@code action} in a thread of its own each time {@code signal} comes, instead of what the
   * signal does by default.
   *
   * @param signal such as {@code TERM}
   * @return whether that is possible: a signal that this system does not have, or that the JVM
   *     leaves alone ({@code -Xrs}), stays as it is
   */
  private static boolean handle(String signal, Runnable action) {
    try {
      Class<?> signals = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              handlers.getClassLoader(),
              new Class<?>[] {handlers},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      action.run();
                      yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "handler of SIG" + signal;
                  });
      Object named = signals.getConstructor(String.class).newInstance(signal);
      signals.getMethod("handle", signals, handlers).invoke(null, named, handler);
      return true;
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException) {
        return false;
      }
      throw new IllegalStateException("SIG" + signal + " cannot be handled", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java runtime lacks the module jdk.unsupported", e);
    }
  }
}
