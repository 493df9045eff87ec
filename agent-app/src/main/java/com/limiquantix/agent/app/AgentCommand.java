package com.limiquantix.agent.app;

import com.limiquantix.agent.app.audit.AuditCommand;
import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.app.config.ConfigLoader;
import com.limiquantix.agent.app.config.ConfigProblem;
import com.limiquantix.agent.app.config.ConfigReload;
import com.limiquantix.agent.app.config.ConfigRenderer;
import com.limiquantix.agent.app.config.LoadResult;
import com.limiquantix.agent.app.health.HealthReport;
import com.limiquantix.agent.app.logging.AgentLogging;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of {@code limiquantix-agent}, and what it does until it is told to end. */
@Command(
    name = "limiquantix-agent",
    description = {
      "Serves the host of this virtual machine: runs commands and reports, over a channel that",
      "needs no network. It waits for a virtio-serial port that is not there yet, and for a host",
      "behind it."
    },
    footerHeading = "%nSignals:%n",
    footer = {
      "  SIGTERM, SIGINT  end, and the commands with it that the host waits for; exit code 0",
      "  SIGHUP           read the configuration again",
      "",
      "Exit codes:",
      "  0  it ended because it was told to, or did what was asked",
      "  1  --check-config or --print-config: the configuration is refused",
      "  2  the command line is wrong",
      "  3  no link to a host is to be served, a socket could not be opened, or this system",
      "     has no links that are known",
      "  70 a fault of the agent itself"
    })
final class AgentCommand implements Callable<Integer> {
  static final int OK = 0;
  static final int CONFIG_REFUSED = 1;
  static final int USAGE = 2;
  static final int NO_LINK = 3;
  static final int FAULT = 70;

  private static final Logger LOG = LoggerFactory.getLogger(AgentCommand.class);
  private static final String UNIX = "unix:";

  /** With the second that commands get to end, well within the two seconds for everything. */
  private static final Duration CALL_GRACE = Duration.ofMillis(300);

  private final PrintStream out;
  private final PrintStream err;
  private final Requests requests;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Read this configuration. Default: /etc/limiquantix/agent.yaml, if it exists.")
  private @Nullable Path config;

  @Option(
      names = "--check-config",
      description = {
        "Say whether the configuration is right, with every problem and with every protection",
        "that another setting makes pointless, and exit."
      })
  private boolean checkConfig;

  @Option(
      names = "--print-config",
      description = "Print what the configuration says, with all defaults, and exit.")
  private boolean printConfig;

  @Option(
      names = "--listen",
      paramLabel = "unix:PATH",
      description = {
        "Serve hosts that connect to this unix socket too, beside the ports that device_path",
        "of the configuration stands for; may be repeated. Only root and the user of the agent",
        "may connect."
      })
  private List<String> listen = new ArrayList<>();

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  @SuppressWarnings("unused") // the parser acts on it
  private boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  @SuppressWarnings("unused") // the parser acts on it
  private boolean help;

  private AgentCommand(PrintStream out, PrintStream err, Requests requests) {
    this.out = out;
    this.err = err;
    this.requests = requests;
  }

  /**
   * Runs the program.
   *
   * @param requests what signals ask for
   * @return the exit code
   */
  static int run(String[] args, PrintStream out, PrintStream err, Requests requests) {
    AgentCommand command = new AgentCommand(out, err, requests);
    if (args.length == 0) {
      // A service starts like this, and a parser with nothing to parse is a fifth of its start.
      try {
        return command.call();
      } catch (InterruptedException | RuntimeException e) {
        return command.fault(e);
      }
    }
    CommandLine commandLine = new CommandLine(command);
    commandLine.addSubcommand(new AuditCommand(out, err));
    commandLine.getCommandSpec().version("limiquantix-agent " + Build.info().version());
    commandLine.setExpandAtFiles(false);
    commandLine.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    commandLine.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    commandLine.setParameterExceptionHandler(
        (wrong, unused) -> {
          err.println(
              "limiquantix-agent: " + wrong.getMessage() + "; see 'limiquantix-agent --help'");
          return USAGE;
        });
    commandLine.setExecutionExceptionHandler((fault, unused, result) -> command.fault(fault));
    return commandLine.execute(args);
  }

  private int fault(Exception fault) {
    StringWriter trace = new StringWriter();
    fault.printStackTrace(new PrintWriter(trace));
    err.print("limiquantix-agent: unexpected: " + trace);
    return FAULT;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Path> sockets = new ArrayList<>();
    for (String address : listen) {
      Path socket = unixPath(address);
      if (socket == null) {
        err.println(
            "limiquantix-agent: --listen '" + address + "' is no address; expected unix:PATH");
        return USAGE;
      }
      sockets.add(socket);
    }
    LoadResult read = load();
    if (checkConfig || printConfig) {
      return show(read);
    }
    return serve(read, sockets);
  }

  private static @Nullable Path unixPath(String address) {
    if (!address.startsWith(UNIX) || address.length() == UNIX.length()) {
      return null;
    }
    try {
      return Path.of(address.substring(UNIX.length()));
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private LoadResult load() {
    ConfigLoader loader = new ConfigLoader();
    return config == null ? loader.loadIfPresent(ConfigLoader.defaultFile()) : loader.load(config);
  }

  private int show(LoadResult read) {
    if (read instanceof LoadResult.Refused refused) {
      refused.problems().forEach(problem -> err.println(problem.describe()));
      return CONFIG_REFUSED;
    }
    if (printConfig) {
      out.print(ConfigRenderer.render(((LoadResult.Loaded) read).config()));
    } else {
      ((LoadResult.Loaded) read).config().remarks().forEach(out::println);
      out.println((config == null ? ConfigLoader.defaultFile() : config) + ": no problems");
    }
    out.flush();
    return OK;
  }

  private int serve(LoadResult read, List<Path> sockets) throws InterruptedException {
    if (requests.stopping()) {
      return OK;
    }
    AgentConfig effective =
        read instanceof LoadResult.Loaded loaded ? loaded.config() : AgentConfig.defaults();
    try (AgentLogging logging = AgentLogging.install(effective)) {
      if (sockets.isEmpty() && !effective.servesDevices()) {
        return failed(
            "there is no link to serve: device_path is none; name a port or auto there, or a unix"
                + " socket by --listen unix:PATH");
      }
      GuestAgentBuilder builder = GuestAgent.builder(read).serveDevices().trimMemory(true);
      sockets.forEach(builder::listenUnix);
      ServiceManager manager = ServiceManager.of(System.getenv(), ProcessHandle.current().pid());
      if (manager.isPresent()) {
        long pid = ProcessHandle.current().pid();
        builder.commandsOutlive(
            new SystemdCommands(manager, pid), ServiceManager.stored(System.getenv(), pid));
      }
      builder.summary(manager::status);
      manager.watchdog().ifPresent(allowed -> builder.watchdog(allowed, manager::alive));
      try (GuestAgent agent = builder.build()) {
        agent.start();
        LOG.info("agent {} is ready{}", Build.info().version(), agent.isLocked() ? ", locked" : "");
        manager.ready(HealthReport.summaryOfHealthy(agent.isLocked()));
        untilStopped(agent, logging);
        manager.stopping();
        LOG.info("the agent ended: {}", agent.stop(CALL_GRACE));
        return OK;
      } catch (IOException e) {
        return failed(e.getMessage());
      }
    }
  }

  /** Who starts it by hand looks at standard error, who runs it as a service at the log. */
  private int failed(@Nullable String reason) {
    LOG.error("{}", reason);
    err.println("limiquantix-agent: " + reason);
    return NO_LINK;
  }

  private void untilStopped(GuestAgent agent, AgentLogging logging) throws InterruptedException {
    while (requests.next() == Requests.Request.RELOAD) {
      reload(agent, logging);
    }
  }

  private void reload(GuestAgent agent, AgentLogging logging) {
    ConfigReload reload = agent.reload(load());
    if (reload instanceof ConfigReload.Kept kept) {
      for (ConfigProblem problem : kept.problems()) {
        LOG.error("the configuration is refused and stays as it was: {}", problem.describe());
      }
      return;
    }
    ConfigReload.Applied applied = (ConfigReload.Applied) reload;
    if (agent.isLocked()) {
      LOG.warn("the configuration is right now; restart the agent to unlock it");
      return;
    }
    logging.setLevel(applied.effective().logLevel());
    LOG.info("the configuration was read again; changed: {}", applied.changed());
    applied.effective().remarks().forEach(remark -> LOG.warn("the configuration: {}", remark));
    if (!applied.awaitingRestart().isEmpty()) {
      LOG.warn("a restart is needed for the new values of {}", applied.awaitingRestart());
    }
  }
}
