package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Prints the script by which bash completes our command line. */
@Command(
    name = "completion",
    description = {
      "Prints a completion script for bash and zsh.",
      "Use: source <(qx-guest completion)"
    })
final class CompletionCommand implements Callable<Integer> {
  private final RootCommand root;
  private final CommandLine commandLine;

  CompletionCommand(RootCommand root, CommandLine commandLine) {
    this.root = root;
    this.commandLine = commandLine;
  }

  @Override
  public Integer call() throws IOException {
    root.console().ownText(AutoComplete.bash("qx-guest", commandLine));
    return ExitCode.OK;
  }
}
