package com.limiquantix.agent.app.cli;

import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.CallOptions;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command in the guest and passes on what it wrote and how it ended. */
@Command(
    name = "exec",
    description = {
      "Runs a command in the guest, passes on its stdout and stderr, and exits with its exit code.",
      "A signal ends the command. It gets no input."
    })
final class ExecCommand implements Callable<Integer> {
  // Beyond the command's own time: for the agent to end it and for the answer to travel.
  private static final int DEADLINE_MARGIN_SECONDS = 10;

  private static final int DEFAULT_MAX_OUTPUT = 1 << 20;
  // More is refused by agents, so that an answer with both outputs fits one version 1 frame.
  private static final int LARGEST_MAX_OUTPUT = 4 << 20;
  private static final int LARGEST_TIMEOUT = 86_400;

  private final RootCommand root;

  @Option(names = "--user", paramLabel = "USER", description = "Run as this user, name or number.")
  private String user = "";

  @Option(
      names = "--group",
      paramLabel = "GROUP",
      description = "Run with this group, name or number. Default: the user's primary group.")
  private String group = "";

  @Option(names = "--groups", description = "Also give it the other groups that USER is in.")
  private boolean groups;

  @Option(
      names = "--cwd",
      paramLabel = "DIR",
      description =
          "Run in this directory of the guest. Default: USER's home, or / without --user.")
  private String directory = "";

  @Option(
      names = "--env",
      paramLabel = "NAME[=VALUE]",
      description =
          "Set this variable; may be repeated. Without =VALUE the value is taken from our own "
              + "environment, which keeps it out of the list of processes.")
  private List<String> variables = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "SECS",
      description = "End the command after this many seconds. Default and maximum: the agent's.")
  private int timeout;

  @Option(
      names = "--shell",
      description = "Join the words by blanks and let the guest's shell run that line.")
  private boolean shell;

  @Option(
      names = "--max-output",
      paramLabel = "BYTES",
      description =
          "Return at most this much of stdout and of stderr each, and drop the rest. "
              + "Default: 1048576 (1 MiB), at most 4194304.")
  private int maxOutput = DEFAULT_MAX_OUTPUT;

  @Option(
      names = "--no-wait",
      description = "Return as soon as the command runs; its output and exit code are lost.")
  private boolean noWait;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "0..*",
      description =
          "The program and its arguments, best after '--'. Without --shell no shell sees them.")
  private List<String> words = new ArrayList<>();

  ExecCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() throws Failure, IOException {
    ExecuteRequest request = request();
    Target target = root.target();
    String asked = "cannot run the command on " + target.name();
    ExecuteResponse answer;
    try (SignalSource.Watch watch = root.environment().signals().watch();
        GuestConnection connection = root.connect(target, watch.first(), asked)) {
      answer =
          UnaryCall.run(
              connection.channel(),
              ExecServiceGrpc.getExecuteMethod(),
              options(),
              request,
              watch.first(),
              asked,
              ExitCode::ofExec);
    }
    if (!answer.getError().isEmpty()) {
      throw Failure.ofCall(
          asked, Status.UNKNOWN.withDescription(answer.getError()), ExitCode.NOT_STARTED);
    }
    return report(answer);
  }

  private ExecuteRequest request() throws Failure {
    if (words.isEmpty() || words.get(0).isEmpty()) {
      throw Failure.usage("exec: the command is missing; give it after '--'");
    }
    if (timeout < 0 || timeout > LARGEST_TIMEOUT) {
      throw Failure.usage("exec: --timeout must be from 0 to " + LARGEST_TIMEOUT + " seconds");
    }
    if (maxOutput < 1 || maxOutput > LARGEST_MAX_OUTPUT) {
      throw Failure.usage("exec: --max-output must be from 1 to " + LARGEST_MAX_OUTPUT + " bytes");
    }
    GuestCommand command = shell ? GuestCommand.shell(words) : GuestCommand.direct(words);
    return ExecuteRequest.newBuilder()
        .setCommand(command.command())
        .addAllArgs(command.args())
        .setWorkingDirectory(GuestCommand.checked("--cwd", directory))
        .putAllEnvironment(environment())
        .setTimeoutSeconds(timeout)
        .setWaitForExit(!noWait)
        .setRunAsUser(user)
        .setRunAsGroup(group)
        .setIncludeSupplementaryGroups(groups)
        .setMaxOutputBytes(maxOutput)
        .build();
  }

  /** The variables that were asked for. No message holds a value: values may be secrets. */
  private Map<String, String> environment() throws Failure {
    Map<String, String> result = new TreeMap<>();
    for (String variable : variables) {
      int equals = variable.indexOf('=');
      String name = equals < 0 ? variable : variable.substring(0, equals);
      if (name.isEmpty()) {
        throw Failure.usage("exec: --env needs a name before '='");
      }
      String value =
          equals < 0 ? root.environment().variables().get(name) : variable.substring(equals + 1);
      if (value == null) {
        throw Failure.usage(
            "exec: --env " + name + ": our own environment has no such variable; give =VALUE");
      }
      result.put(
          GuestCommand.checked("a name of --env", name),
          GuestCommand.checked("the value of --env " + name, value));
    }
    return result;
  }

  private CallOptions options() {
    // Two outputs, each byte of which may have become the three bytes of U+FFFD.
    CallOptions options = UnaryCall.OPTIONS.withMaxInboundMessageSize(6 * maxOutput + (64 << 10));
    return timeout == 0
        ? options
        : options.withDeadlineAfter(timeout + DEADLINE_MARGIN_SECONDS, TimeUnit.SECONDS);
  }

  private int report(ExecuteResponse answer) throws IOException {
    if (root.json()) {
      root.console().line(json(answer));
    } else {
      root.console().raw(answer.getStdoutBytes(), answer.getStderrBytes());
      if (answer.getTruncated()) {
        root.console()
            .note(
                "the output is incomplete: only the first "
                    + maxOutput
                    + " bytes of stdout and of stderr were kept; see --max-output");
      }
      if (answer.getTimedOut()) {
        root.console()
            .note(
                "the command was ended after "
                    + answer.getDurationMs()
                    + " ms because its time was over; see --timeout");
      }
    }
    return answer.getTimedOut() ? ExitCode.TIMED_OUT : ExitCode.ofCommand(answer.getExitCode());
  }

  private JsonObject json(ExecuteResponse answer) {
    JsonObject json = new JsonObject();
    if (noWait) {
      json.putNull("exit_code");
    } else {
      json.put("exit_code", answer.getExitCode());
    }
    return json.put("stdout", answer.getStdout())
        .put("stderr", answer.getStderr())
        .put("truncated", answer.getTruncated())
        .put("timed_out", answer.getTimedOut())
        .putUnsigned("duration_ms", answer.getDurationMs());
  }
}
