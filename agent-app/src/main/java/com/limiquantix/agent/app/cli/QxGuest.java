package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The host's command line to guest agents. */
public final class QxGuest {
  private static final int HELP_WIDTH = 100;

  private QxGuest() {}

  /**
   * Runs the program and ends the process with its exit code.
   *
   * @param args the command line, as {@code qx-guest --help} describes it
   */
  public static void main(String[] args) {
    // Results are the only thing that may appear on stdout, and loading a logging back end would
    // double the time until the first call.
    System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(run(args, Environment.ofProcess()));
  }

  /**
   * Runs the program.
   *
   * @return the exit code; see {@link ExitCode}
   */
  static int run(String[] args, Environment environment) {
    Console console = new Console(environment.stdout(), environment.stderr());
    RootCommand root = new RootCommand(environment, console);
    StringWriter help = new StringWriter();
    CommandLine commandLine = commandLine(root, new PrintWriter(help));
    boolean debug = "1".equals(environment.variables().get("QX_GUEST_DEBUG"));
    commandLine.setParameterExceptionHandler(
        (exception, unused) -> fail(console, misuse(exception), wantsJson(args), debug));
    commandLine.setExecutionExceptionHandler(
        (exception, unused, result) -> fail(console, failure(exception), root.json(), debug));
    int exitCode = commandLine.execute(args);
    if (help.getBuffer().length() > 0) {
      try {
        console.ownText(help.toString());
      } catch (IOException e) {
        return fail(console, failure(e), false, debug);
      }
    }
    return exitCode;
  }

  private static CommandLine commandLine(RootCommand root, PrintWriter help) {
    CommandLine commandLine = new CommandLine(root);
    commandLine.addSubcommand(new ListCommand(root));
    commandLine.addSubcommand(new WaitCommand(root));
    commandLine.addSubcommand(new PingCommand(root));
    commandLine.addSubcommand(new InfoCommand(root));
    commandLine.addSubcommand(new HealthCommand(root));
    CommandLine exec = new CommandLine(new ExecCommand(root));
    commandLine.addSubcommand(exec);
    commandLine.addSubcommand(new WatchCommand(root));
    commandLine.addSubcommand(new BenchCommand(root));
    commandLine.addSubcommand(new CompletionCommand(root, commandLine));
    // From the guest's command on, words are the guest's; and no word is ever a file of arguments.
    exec.setStopAtPositional(true);
    commandLine.setExpandAtFiles(false);
    commandLine.setUsageHelpWidth(HELP_WIDTH);
    commandLine.setOut(help);
    commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    return commandLine;
  }

  private static int fail(Console console, Failure failure, boolean json, boolean debug) {
    console.failure(failure, json);
    if (debug) {
      console.stackTrace(failure);
    }
    return failure.exitCode();
  }

  private static Failure misuse(ParameterException exception) {
    return Failure.usage(
        exception.getMessage()
            + "; see '"
            + exception.getCommandLine().getCommandSpec().qualifiedName()
            + " --help'");
  }

  private static Failure failure(Exception exception) {
    if (exception instanceof Failure failure) {
      return failure;
    }
    // Commands reach agents by calls, which fail otherwise: files are only what is printed to.
    if (exception instanceof IOException output) {
      return Failure.output(output);
    }
    return Failure.unexpected(exception);
  }

  /** Parsing has failed, so the option itself may not have been read. */
  private static boolean wantsJson(String[] args) {
    return Arrays.stream(args).takeWhile(arg -> !arg.equals("--")).anyMatch("--json"::equals);
  }
}
