package com.limiquantix.agent.app.vm;

import java.io.IOException;
import java.time.Duration;

/** The agent's service in the guest, looked at from beside it. */
final class GuestService {
  private static final double TICKS_PER_SECOND = 100;

  private final GuestShell shell;

  GuestService(GuestShell shell) {
    this.shell = shell;
  }

  /** Number of the agent's process; 0 while there is none. */
  int pid() throws IOException, InterruptedException {
    return Integer.parseInt(property("MainPID"));
  }

  /** How often systemd has started it anew by itself. */
  int restarts() throws IOException, InterruptedException {
    return Integer.parseInt(property("NRestarts"));
  }

  /** Such as {@code active} or {@code failed}. */
  String state() throws IOException, InterruptedException {
    return property("ActiveState");
  }

  /** Whether it is up; false too while the guest gives no answer. */
  boolean isActive() {
    try {
      return state().equals("active");
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String property(String name) throws IOException, InterruptedException {
    return shell.output("systemctl show --value -p " + name + " limiquantix-agent").strip();
  }

  /** Share of one processor that the agent uses during this time, as the guest counts it. */
  double cpuPercent(Duration during) throws IOException, InterruptedException {
    int pid = pid();
    String ticks = "awk '{print $14+$15}' /proc/" + pid + "/stat";
    String[] seen =
        shell.output(ticks + "; sleep " + during.toSeconds() + "; " + ticks).strip().split("\n");
    return 100
        * (Long.parseLong(seen[1]) - Long.parseLong(seen[0]))
        / TICKS_PER_SECOND
        / during.toSeconds();
  }
}
