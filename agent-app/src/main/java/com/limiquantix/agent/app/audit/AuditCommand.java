package com.limiquantix.agent.app.audit;

import com.limiquantix.agent.security.audit.AuditVerifier;
import com.limiquantix.agent.security.record.IoReason;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be done with audit logs: {@code limiquantix-agent audit verify}. */
@Command(name = "audit", description = "Works on audit logs; see 'audit verify --help'.")
public final class AuditCommand implements Callable<Integer> {
  private static final int INTACT = 0;
  private static final int BROKEN = 1;
  private static final int USAGE = 2;
  private static final int UNREADABLE = 3;

  private final PrintStream out;
  private final PrintStream err;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  @SuppressWarnings("unused") // the parser acts on it
  private boolean help;

  /** Prints there. */
  public AuditCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    err.println("limiquantix-agent: audit: say what to do: 'limiquantix-agent audit verify FILE'");
    return USAGE;
  }

  /**
   * Checks a log.
   *
   * @return the exit code
   */
  @Command(
      name = "verify",
      description = {
        "Checks that an audit log with its rotated files is as it was written: finds records that",
        "were removed, changed, added, moved or cut off, and says what it can't exclude."
      },
      footerHeading = "%nExit codes:%n",
      footer = {
        "  0  nothing is wrong",
        "  1  the log is not as it was written",
        "  2  the command line is wrong",
        "  3  a file can't be read"
      })
  int verify(
      @Parameters(paramLabel = "FILE", description = "The audit log; FILE.1 and so on go with it.")
          Path file,
      @Option(
              names = "--head",
              paramLabel = "HASH",
              description =
                  "The hash of a record that the host was told, as 'qx-guest watch' shows it: 64"
                      + " hexadecimal digits.")
          @Nullable String head,
      @Option(
              names = {"-h", "--help"},
              usageHelp = true,
              description = "Show this help and exit.")
          boolean unused) {
    if (head != null && !AuditVerifier.isHead(head)) {
      err.println("limiquantix-agent: --head takes 64 hexadecimal digits in lower case");
      return USAGE;
    }
    AuditVerifier.Findings found;
    try {
      found = AuditVerifier.verify(file, head);
    } catch (IOException e) {
      err.println("limiquantix-agent: the audit log can't be read: " + IoReason.of(e));
      return UNREADABLE;
    }
    found.problems().forEach(out::println);
    out.println(
        file
            + ": "
            + found.records()
            + " records, "
            + found.first()
            + " to "
            + found.last()
            + ", in "
            + found.files()
            + (found.files() == 1 ? " file" : " files"));
    out.println("the last has the hash " + (found.hash().isEmpty() ? "of none" : found.hash()));
    found.notExcluded().forEach(each -> out.println("not excluded: " + each));
    out.println(
        found.problems().isEmpty() ? "no problems" : "problems: " + found.problems().size());
    out.flush();
    return found.problems().isEmpty() ? INTACT : BROKEN;
  }
}
