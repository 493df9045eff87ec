package com.limiquantix.agent.app;

import com.limiquantix.agent.app.internal.jna.UnixDatagrams;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd how this service is, sd_notify(3), if it was started by it; else does nothing.
 * Nothing here waits, and a message that is not taken is only logged. Thread-safe.
 */
final class ServiceManager {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
  private static final String SOCKET = "NOTIFY_SOCKET";
  private static final String WATCHDOG_MICROS = "WATCHDOG_USEC";
  private static final String WATCHDOG_PID = "WATCHDOG_PID";
  private static final String LISTEN_FDS = "LISTEN_FDS";
  private static final String LISTEN_PID = "LISTEN_PID";

  /** {@code SD_LISTEN_FDS_START} of systemd/sd-daemon.h. */
  private static final int FIRST_STORED = 3;

  private static final int MAX_STORED = 1_024;

  private final @Nullable UnixDatagrams socket;
  private final Optional<Duration> watchdog;

  private ServiceManager(@Nullable UnixDatagrams socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** Nobody who wants to be told. */
  static ServiceManager none() {
    return new ServiceManager(null, Optional.empty());
  }

  /** Whoever the environment of this process names. */
  static ServiceManager of(Map<String, String> environment, long ownPid) {
    String path = environment.get(SOCKET);
    if (path == null) {
      return none();
    }
    try {
      return new ServiceManager(UnixDatagrams.open(path), watchdog(environment, ownPid));
    } catch (IOException | UnsatisfiedLinkError e) {
      LOG.warn("the service manager cannot be told anything: {}", e.getMessage());
      return none();
    }
  }

  private static Optional<Duration> watchdog(Map<String, String> environment, long ownPid) {
    String micros = environment.get(WATCHDOG_MICROS);
    String pid = environment.getOrDefault(WATCHDOG_PID, String.valueOf(ownPid));
    if (micros == null || !pid.equals(String.valueOf(ownPid))) {
      return Optional.empty();
    }
    try {
      return Optional.of(Duration.ofNanos(Math.multiplyExact(Long.parseLong(micros), 1_000L)))
          .filter(time -> !time.isZero() && !time.isNegative());
    } catch (ArithmeticException | NumberFormatException e) {
      LOG.warn("{} is no time: {}", WATCHDOG_MICROS, micros);
      return Optional.empty();
    }
  }

  /** The time after which the manager restarts a service that does not call {@link #alive}. */
  Optional<Duration> watchdog() {
    return watchdog;
  }

  /** The agent serves; {@code status} is for who looks at the service. */
  void ready(String status) {
    tell("READY=1\nSTATUS=" + status);
  }

  void status(String status) {
    tell("STATUS=" + status);
  }

  void stopping() {
    tell("STOPPING=1\nSTATUS=Ending");
  }

  void alive() {
    tell("WATCHDOG=1");
  }

  /** Whether there is somebody who is told. */
  boolean isPresent() {
    return socket != null;
  }

  /**
   * Gives a copy of a descriptor into the manager's keeping, for the next start of the service.
   *
   * @return whether it was taken, as far as that can be known
   */
  boolean store(int fd, String name) {
    if (socket == null) {
      return false;
    }
    try {
      socket.send("FDSTORE=1\nFDNAME=" + name, fd);
      return true;
    } catch (IOException e) {
      LOG.warn("the service manager does not keep descriptor {}: {}", name, e.getMessage());
      return false;
    }
  }

  /** Descriptors that an earlier start of the service stored, sd_listen_fds(3). */
  static List<Integer> stored(Map<String, String> environment, long ownPid) {
    String count = environment.get(LISTEN_FDS);
    if (count == null || !String.valueOf(ownPid).equals(environment.get(LISTEN_PID))) {
      return List.of();
    }
    List<Integer> stored = new ArrayList<>();
    try {
      int end = FIRST_STORED + Math.min(Integer.parseInt(count), MAX_STORED);
      for (int fd = FIRST_STORED; fd < end; fd++) {
        UnixDatagrams.closeOnExec(fd);
        stored.add(fd);
      }
    } catch (NumberFormatException | IOException e) {
      LOG.warn("descriptors of an earlier start are not taken over: {}", e.getMessage());
    }
    return stored;
  }

  private void tell(String message) {
    if (socket == null) {
      return;
    }
    try {
      socket.send(message);
    } catch (IOException e) {
      LOG.warn(
          "the service manager was not told {}: {}", message.lines().findFirst(), e.getMessage());
    }
  }
}
