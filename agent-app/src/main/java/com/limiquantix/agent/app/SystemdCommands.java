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
  private static final int ATTEMPTS = 2;

  /** With both attempts well within what the end of the agent may take. */
  private static final long LONGEST_MILLIS = 500;

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
    // systemd refuses all of them if one has ended.
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      List<Integer> living = pids.stream().filter(SystemdCommands::lives).toList();
      if (living.isEmpty() || moved(living)) {
        return;
      }
    }
    if (pids.stream().anyMatch(SystemdCommands::lives)) {
      LOG.warn("systemd made no scope for commands; they stay in the agent's control group");
    }
  }

  private static boolean lives(int pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  private boolean moved(List<Integer> pids) {
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
      if (process.waitFor(LONGEST_MILLIS, TimeUnit.MILLISECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      LOG.warn("systemd has not made {} within {} ms", scope, LONGEST_MILLIS);
    } catch (IOException e) {
      LOG.warn("systemd cannot be asked for a scope: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
