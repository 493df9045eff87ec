package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Vsock for systems without it: the calls of it are made on unix sockets in a directory, one for
 * each port; all others are real. Every CID leads to this directory. What only the kernel knows is
 * tested in a VM.
 */
public final class VsockOverUnix {
  private static final int FIRST_UNPRIVILEGED = 1024;

  private final Posix real = Posix.libc();
  private final Path directory;
  private final Map<Integer, Long> bound = new HashMap<>();
  private final Set<Integer> pending = new HashSet<>();
  private final List<Long> dialers = new ArrayList<>();

  /** The CID that dialers seem to have, to who accepts them. */
  long dialerCid = 3;

  /** What {@code /dev/vsock} tells; negative: the error. */
  int localCid = 3;

  /** The error of the next calls of vsockSocket, bindVsock or connectVsock; 0 for none. */
  int socketErrno;

  int bindErrno;
  int connectErrno;

  /** Whether connections stay under way, and what becomes of them; 0 for nothing yet. */
  boolean hanging;

  int outcome;

  /** Whether ports below 1024 are for others. */
  boolean unprivileged;

  /** Calls of vsockSocket so far. */
  int sockets;

  /**
   * @param directory empty, and the system's own
   */
  public VsockOverUnix(Path directory) {
    this.directory = directory;
  }

  /** Starts a loop for which this is the system's vsock. */
  public LinkLoop startLoop(String name, Thread.UncaughtExceptionHandler uncaught)
      throws IOException {
    return LinkLoop.start(posix(), name, uncaught);
  }

  Posix posix() {
    return (Posix)
        Proxy.newProxyInstance(
            Posix.class.getClassLoader(),
            new Class<?>[] {Posix.class},
            (proxy, method, given) -> call(method, given));
  }

  private Object call(Method method, Object[] given) throws Throwable {
    // It waits, and must not wait with the lock.
    return method.getName().equals("epollWait") ? invoke(method, given) : locked(method, given);
  }

  private synchronized Object locked(Method method, Object[] given) throws Throwable {
    return switch (method.getName()) {
      case "vsockSocket" -> {
        sockets++;
        yield socketErrno != 0 ? -socketErrno : real.unixSocket();
      }
      case "bindVsock" -> bind((int) given[0], (long) given[1]);
      case "listen" -> listen((int) given[0], (int) given[1]);
      case "connectVsock" -> connect((int) given[0], (long) given[2]);
      case "vsockPeer" ->
          pending.contains((int) given[0]) ? -Errno.ENOTCONN : peer((int[]) given[1]);
      case "vsockLocalCid" -> {
        ((int[]) given[0])[0] = localCid;
        yield Math.min(localCid, 0);
      }
      case "socketError" -> outcome;
      case "read" -> pending.contains((int) given[0]) ? -Errno.ENOTCONN : invoke(method, given);
      case "close" -> {
        bound.remove((int) given[0]);
        pending.remove((int) given[0]);
        yield invoke(method, given);
      }
      default -> invoke(method, given);
    };
  }

  private Object invoke(Method method, Object[] given) throws Throwable {
    try {
      return method.invoke(real, given);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private int bind(int fd, long port) {
    if (unprivileged && port < FIRST_UNPRIVILEGED) {
      return -Errno.EACCES;
    }
    if (bindErrno != 0) {
      return -bindErrno;
    }
    if (bound.containsValue(port)) {
      return -Errno.EADDRINUSE;
    }
    bound.put(fd, port);
    return 0;
  }

  private byte[] path(long port) {
    return directory.resolve(port + ".sock").toString().getBytes(StandardCharsets.UTF_8);
  }

  private int listen(int fd, int backlog) {
    Long port = bound.get(fd);
    int bind = port == null ? 0 : real.bindUnix(fd, path(port));
    return bind < 0 ? bind : real.listen(fd, backlog);
  }

  private int connect(int fd, long port) {
    if (connectErrno != 0) {
      return -connectErrno;
    }
    if (hanging) {
      pending.add(fd);
      return -Errno.EINPROGRESS;
    }
    int result = real.connectUnix(fd, path(port));
    if (result == -Errno.ENOENT || result == -Errno.ECONNREFUSED) {
      return -Errno.ECONNRESET;
    }
    dialers.add(bound.get(fd));
    return result;
  }

  private int peer(int[] cidAndPort) {
    cidAndPort[0] = (int) dialerCid;
    cidAndPort[1] = dialers.isEmpty() ? 0 : dialers.remove(0).intValue();
    return 0;
  }

  /** Takes source ports away. */
  synchronized void occupy(int first, int count) {
    for (int i = 0; i < count; i++) {
      bound.put(-1 - i, (long) first + i);
    }
  }

  /** A vsock port is free as soon as nobody listens; the file of a socket stays. */
  void removeSockets() throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  /** Connects from any port, as an ordinary program does. */
  synchronized int connectFrom(long sourcePort, long port) {
    int fd = real.unixSocket();
    dialers.add(sourcePort);
    int result = real.connectUnix(fd, path(port));
    if (result < 0) {
      throw new AssertionError(Errno.describe(-result));
    }
    return fd;
  }
}
