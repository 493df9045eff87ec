package com.limiquantix.agent.app.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The signals of this process, through {@code sun.misc.Signal} of module {@code jdk.unsupported}.
 *
 * <p>Reached by reflection because the compiler's warning about that class cannot be suppressed. A
 * signal that the JVM leaves alone (ignored from the start as by nohup(1), or {@code -Xrs}) is left
 * alone here too.
 */
final class ProcessSignals implements SignalSource {

  @Override
  public Watch watch() {
    return new ProcessWatch();
  }

  private static final class ProcessWatch implements Watch {
    private final CompletableFuture<Signal> first = new CompletableFuture<>();
    private final List<Runnable> restorers = new ArrayList<>();

    ProcessWatch() {
      for (Signal signal : Signal.values()) {
        Object previous = handle(signal, handler(signal));
        if (previous != null) {
          restorers.add(() -> handle(signal, previous));
        }
      }
    }

    @Override
    public CompletionStage<Signal> first() {
      return first;
    }

    @Override
    public void close() {
      restorers.forEach(Runnable::run);
    }

    private Object handler(Signal signal) {
      Class<?> type = type("sun.misc.SignalHandler");
      return Proxy.newProxyInstance(
          type.getClassLoader(),
          new Class<?>[] {type},
          (proxy, method, arguments) -> {
            switch (method.getName()) {
              case "handle" -> arrived(signal);
              case "equals" -> {
                return proxy == arguments[0];
              }
              case "hashCode" -> {
                return System.identityHashCode(proxy);
              }
              default -> {
                return "handler of SIG" + signal;
              }
            }
            return null;
          });
    }

    private void arrived(Signal signal) {
      handle(signal, defaultHandler());
      first.complete(signal);
    }
  }

  /** Sets a handler and returns the one before it, or null if the signal is not to be had. */
  private static @Nullable Object handle(Signal signal, Object handler) {
    try {
      Class<?> type = type("sun.misc.Signal");
      Object named = type.getConstructor(String.class).newInstance(signal.name());
      return type.getMethod("handle", type, type("sun.misc.SignalHandler"))
          .invoke(null, named, handler);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException) {
        return null;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object defaultHandler() {
    try {
      return type("sun.misc.SignalHandler").getField("SIG_DFL").get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("this Java runtime lacks the module jdk.unsupported", e);
    }
  }
}
