package com.limiquantix.agent.app;

import com.limiquantix.agent.handlers.exec.CommandKeeper;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts commands into transient scopes of systemd, outside the control group of the agent's service,
 * and their outputs into the store of descriptors that systemd has for the service. Thread-safe.
 *
 * <p>systemd is asked through busctl(1): that is needed for few commands, and a client of the bus
 * in the agent would take memory all the time.
 */
final class SystemdCommands implements CommandKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SystemdCommands.class);
  private static final long LONGEST_MILLIS = 1_000;
  private static final File NOTHING = new File("/dev/null");

  private final ServiceManager manager;
  private final long ownPid;
  private final AtomicInteger scopes = new AtomicInteger();

  SystemdCommands(ServiceManager manager, long ownPid) {
    this.manager = manager;
    this.ownPid = ownPid;
  }

  @Override
  public boolean keepOutput(int fd) {
    return manager.store(fd, "command-output");
  }

  @Override
  public void separate(Collection<Integer> pids) {
    String scope = "limiquantix-command-" + ownPid + "-" + scopes.incrementAndGet() + ".scope";
    List<String> command = new ArrayList<>();
    // StartTransientUnit of org.freedesktop.systemd1(5): name, mode, properties, no further units.
    command.addAll(List.of("busctl", "--system", "--quiet", "call"));
    command.addAll(List.of("org.freedesktop.systemd1", "/org/freedesktop/systemd1"));
    command.addAll(List.of("org.freedesktop.systemd1.Manager", "StartTransientUnit"));
    command.addAll(List.of("ssa(sv)a(sa(sv))", scope, "fail", "3"));
    command.addAll(List.of("Description", "s", "Command of the LimiQuantix guest agent"));
    command.addAll(List.of("CollectMode", "s", "inactive-or-failed"));
    command.addAll(List.of("PIDs", "au", String.valueOf(pids.size())));
    pids.forEach(pid -> command.add(String.valueOf(pid)));
    command.add("0");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(NOTHING)
              .redirectOutput(NOTHING)
              .redirectError(NOTHING)
              .start();
      if (!process.waitFor(LONGEST_MILLIS, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        LOG.warn("systemd has not made {} within {} ms", scope, LONGEST_MILLIS);
      } else if (process.exitValue() != 0) {
        // Mostly because all of them have ended meanwhile.
        LOG.debug("systemd did not make {} for {}", scope, pids);
      }
    } catch (IOException e) {
      LOG.warn("commands stay in the agent's own control group: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
