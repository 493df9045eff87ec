package com.limiquantix.agent.app;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Signals of this process, through {@code sun.misc.Signal} of module {@code jdk.unsupported}.
 * Reached by reflection because the compiler's warning about that class cannot be suppressed.
 */
final class AgentSignals {
  private AgentSignals() {}

  /**
   * Runs {@code action} in a thread of its own each time {@code signal} comes, instead of what the
   * signal does by default.
   *
   * @param signal such as {@code TERM}
   * @return whether that is possible: a signal that this system does not have, or that the JVM
   *     leaves alone ({@code -Xrs}), stays as it is
   */
  static boolean handle(String signal, Runnable action) {
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
