package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCallException;
import com.limiquantix.agent.security.internal.jna.FileCalls;
import java.util.List;
import java.util.Set;

/** Programs that run others, known by their names. A guard rail: a copy has another name. */
final class KnownPrograms {
  private static final String MANY_IN_ONE = "busybox";
  private static final String SHELL = "/bin/sh";

  private static final Set<String> SHELLS =
      Set.of(
          "sh",
          "ash",
          "bash",
          "dash",
          "fish",
          "ksh",
          "ksh93",
          "mksh",
          "csh",
          "tcsh",
          "rbash",
          "yash",
          "zsh",
          MANY_IN_ONE);

  /** Programs whose arguments name what they run. */
  private static final Set<String> LAUNCHERS =
      Set.of(
          "env",
          "nice",
          "nohup",
          "timeout",
          "setsid",
          "stdbuf",
          "ionice",
          "chrt",
          "taskset",
          "xargs",
          "time",
          "sudo",
          "doas",
          "su",
          "runuser",
          "setpriv",
          "chroot",
          "unshare",
          "nsenter",
          "systemd-run",
          "script",
          "strace",
          "ltrace",
          "watch",
          "find",
          "parallel",
          "flock",
          "prlimit",
          "start-stop-daemon",
          "capsh",
          "ld.so");

  private KnownPrograms() {}

  /** Whether a program is a shell, by one of its names or because it is the system's. */
  static boolean isShell(FileCalls calls, Place place) {
    if (isCalled(place, SHELLS)) {
      return true;
    }
    FileStatus status = place.status();
    try (Place shell = Walk.to(calls, SHELL, Walk.Last.FOLLOWED)) {
      FileStatus known = shell.status();
      return known != null
          && status != null
          && !shell.name().equals(MANY_IN_ONE)
          && known.id().equals(status.id());
    } catch (FileCallException e) {
      return false;
    }
  }

  /** Whether a program runs what its arguments name. */
  static boolean runArguments(Place place) {
    return isCalled(place, SHELLS)
        || isCalled(place, LAUNCHERS)
        || place.name().startsWith("ld-linux")
        || place.name().startsWith("ld-musl");
  }

  /** Whether a program has one of these names. Busybox is a shell only under its own name. */
  private static boolean isCalled(Place place, Set<String> programs) {
    List<Place.Name> names = place.names();
    for (Place.Name name : names) {
      boolean one = !name.name().equals(MANY_IN_ONE) || names.size() == 1;
      if (one && programs.contains(name.name())) {
        return true;
      }
    }
    return false;
  }
}
