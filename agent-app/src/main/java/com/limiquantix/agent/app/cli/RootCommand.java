package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.transport.client.SocketDirectory;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What all commands share: whom to reach, how long to try, and how to print. */
@Command(
    name = "qx-guest",
    versionProvider = Version.class,
    description = "Talks to the guest agent of a virtual machine of this host.",
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0        it worked",
      "  1        ping: the agent was reached, but no ping was answered; health: not all is well;",
      "           list: not every agent answered",
      "  0 - 255  exec: the exit code of the command in the guest; 128 + n: signal n ended it",
      "  124      the time was over: of the command in the guest, or for an answer",
      "  125      qx-guest was used wrongly, or the agent refused or failed",
      "  126      exec: the guest could not or may not start the command",
      "  127      exec: the guest has no such command, or no such directory to run it in",
      "  129, 130, 143  cancelled by SIGHUP, SIGINT or SIGTERM",
      "  255      the agent could not be reached, or was lost before it answered",
      "Where a guest's command chooses a code from 124 on itself, the line is missing that qx-guest",
      "writes to stderr in all those cases; --json tells them apart as well."
    })
final class RootCommand implements Callable<Integer> {
  private static final String UNIX = "unix:";

  // uid_t has 32 bits, and its largest value means "no user" to chown(2).
  private static final long LARGEST_UID = (1L << 32) - 2;

  private final Environment environment;
  private final Console console;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and exit.")
  @SuppressWarnings("unused") // the parser acts on it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  @SuppressWarnings("unused") // the parser acts on it
  private boolean version;

  @Option(
      names = "--connect",
      paramLabel = "unix:PATH",
      scope = ScopeType.INHERIT,
      description = "The agent's socket. Default: the environment variable QX_GUEST_CONNECT.")
  private @Nullable String connect;

  @Option(
      names = "--vm",
      paramLabel = "ID",
      scope = ScopeType.INHERIT,
      description = "A virtual machine of this host, instead of --connect.")
  private @Nullable String vm;

  @Option(
      names = "--socket-dir",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description =
          "Where the VMs' sockets are. Default: the environment variable QX_GUEST_SOCKET_DIR, "
              + "else /var/run/limiquantix/vms.")
  private @Nullable String socketDirectory;

  @Option(
      names = "--peer-uid",
      paramLabel = "UID",
      scope = ScopeType.INHERIT,
      description =
          "Also trust a socket on which this user listens, such as QEMU's; may be repeated. "
              + "Trusted without it: our own user and root.")
  private List<Long> peerUids = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "SECS",
      converter = Seconds.class,
      description =
          "How long to try to reach the agent, and to wait for each answer to ping, info and bench. "
              + "Default: 5. The time of a command is an option of exec, after that word.")
  private Duration timeout = Duration.ofSeconds(5);

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print one JSON object per result on stdout, and per error on stderr.")
  private boolean json;

  RootCommand(Environment environment, Console console) {
    this.environment = environment;
    this.console = console;
  }

  @Override
  public Integer call() throws Failure {
    throw Failure.usage("a command is missing; see 'qx-guest --help'");
  }

  Environment environment() {
    return environment;
  }

  Console console() {
    return console;
  }

  boolean json() {
    return json;
  }

  /** Whether the command line or the environment names one agent. */
  boolean namesTarget() {
    return connect != null || vm != null;
  }

  /** How long to wait for a peer, and for answers that the agent gives at once. */
  Duration timeout() {
    return timeout;
  }

  /**
   * Whom the command line means.
   *
   * @throws Failure if it names nobody, two, or a VM that has no socket
   */
  Target target() throws Failure {
    if (connect != null && vm != null) {
      throw Failure.usage("--connect and --vm exclude each other; give one of them");
    }
    if (vm != null) {
      return virtualMachine(vm);
    }
    String address = connect != null ? connect : variable("QX_GUEST_CONNECT");
    if (address == null) {
      throw Failure.usage(
          "it is not said whom to reach; give --connect unix:PATH or --vm ID,"
              + " or set QX_GUEST_CONNECT");
    }
    return unixSocket(address);
  }

  /**
   * Reaches the agent. A signal ends the attempt.
   *
   * @param asked what is attempted, for the failure's sentence
   */
  GuestConnection connect(Target target, CompletionStage<Signal> signal, String asked)
      throws Failure {
    return connect(target, signal, asked, timeout);
  }

  /**
   * As above, within a time of its own.
   *
   * @param longest how long to try, more than zero
   */
  GuestConnection connect(
      Target target, CompletionStage<Signal> signal, String asked, Duration longest)
      throws Failure {
    InterruptOnSignal interrupter = new InterruptOnSignal(Thread.currentThread());
    signal.thenAccept(interrupter::signalled);
    try {
      return environment.connector().connect(target, longest);
    } catch (StatusException e) {
      throw Failure.ofCall(asked, e.getStatus(), ExitCode.of(e.getStatus().getCode()));
    } catch (InterruptedException e) {
      throw interrupter.failure(asked, e);
    } finally {
      interrupter.done();
    }
  }

  /** Where the sockets of this host's VMs are. */
  SocketDirectory sockets() throws Failure {
    if (socketDirectory != null && socketDirectory.isEmpty()) {
      throw Failure.usage("--socket-dir is empty, which would mean the current directory");
    }
    String directory = socketDirectory != null ? socketDirectory : variable("QX_GUEST_SOCKET_DIR");
    try {
      return new SocketDirectory(directory == null ? SocketDirectory.DEFAULT : Path.of(directory));
    } catch (InvalidPathException e) {
      throw Failure.usage("--socket-dir: not a path: " + e.getMessage());
    }
  }

  /** The VM of this host with that id, whatever the command line says of others. */
  Target virtualMachine(String id) throws Failure {
    SocketDirectory sockets = sockets();
    try {
      return new Target(
          "VM " + id, Optional.of(sockets.sharedPathOf(id)), sockets.find(id), peerUids());
    } catch (IllegalArgumentException e) {
      throw Failure.usage("--vm '" + id + "': " + e.getMessage());
    } catch (IOException e) {
      throw Failure.unreachable("cannot find VM " + id + ": " + e.getMessage(), e);
    }
  }

  private Target unixSocket(String address) throws Failure {
    if (!address.startsWith(UNIX) || address.length() == UNIX.length()) {
      throw Failure.usage("'" + address + "' is not an address; expected unix:PATH");
    }
    try {
      return new Target(
          address, Optional.empty(), Path.of(address.substring(UNIX.length())), peerUids());
    } catch (InvalidPathException e) {
      throw Failure.usage("'" + address + "' does not hold a path: " + e.getReason());
    }
  }

  private Set<Long> peerUids() throws Failure {
    for (long uid : peerUids) {
      if (uid < 0 || uid > LARGEST_UID) {
        throw Failure.usage("--peer-uid must be from 0 to " + LARGEST_UID);
      }
    }
    return Set.copyOf(peerUids);
  }

  private @Nullable String variable(String name) {
    String value = environment.variables().get(name);
    return value == null || value.isEmpty() ? null : value;
  }
}
