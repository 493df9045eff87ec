package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Posix;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The real system calls, but for those that are told to fail. */
final class FaultyPosix {
  private record Failure(int errno, AtomicInteger left) {}

  private record Call(String name, int result) {}

  private final Map<String, Failure> failures = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Map<Call, Integer> translations = new ConcurrentHashMap<>();
  private final Map<String, Object[]> arguments = new ConcurrentHashMap<>();
  private final Map<String, Runnable> before = new ConcurrentHashMap<>();
  private final Map<String, Runnable> after = new ConcurrentHashMap<>();
  private final Posix posix;

  FaultyPosix() {
    Posix real = Posix.libc();
    posix =
        (Posix)
            Proxy.newProxyInstance(
                Posix.class.getClassLoader(),
                new Class<?>[] {Posix.class},
                (proxy, method, given) -> {
                  if (given != null) {
                    arguments.put(method.getName(), given);
                  }
                  counts
                      .computeIfAbsent(method.getName(), n -> new AtomicInteger())
                      .incrementAndGet();
                  Failure failure = failures.get(method.getName());
                  if (failure != null && failure.left().getAndDecrement() > 0) {
                    return -failure.errno();
                  }
                  try {
                    before.getOrDefault(method.getName(), () -> {}).run();
                    Object result = method.invoke(real, given);
                    after.getOrDefault(method.getName(), () -> {}).run();
                    return translated(method.getName(), result);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  private Object translated(String call, Object result) {
    Integer other =
        result instanceof Integer number ? translations.get(new Call(call, number)) : null;
    return other == null ? result : other;
  }

  Posix posix() {
    return posix;
  }

  /** The next {@code times} calls return {@code -errno} and do nothing. */
  void fail(String call, int errno, int times) {
    failures.put(call, new Failure(errno, new AtomicInteger(times)));
  }

  /** From now on such a call that results in {@code from} seems to result in {@code to}. */
  void translate(String call, int from, int to) {
    translations.put(new Call(call, from), to);
  }

  /** What the last such call was given. */
  Object[] lastArguments(String call) {
    return Objects.requireNonNull(arguments.get(call), call);
  }

  /** Runs {@code task} just before every such call, in its thread. */
  void before(String call, Runnable task) {
    before.put(call, task);
  }

  /** Runs {@code task} just after every such call, in its thread. */
  void after(String call, Runnable task) {
    after.put(call, task);
  }

  int count(String call) {
    return counts.getOrDefault(call, new AtomicInteger()).get();
  }
}
