package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessSignalsTest {

  /** A program whose command never ends. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws Exception {
      FakeExec exec = FakeExec.silent();
      exec.request.thenRun(() -> System.out.println("running"));
      exec.cancelled.thenRun(() -> System.out.println("cancelled"));
      try (Cli cli = new Cli(exec)) {
        Environment environment =
            new Environment(
                cli.stdout,
                cli.stderr,
                cli.variables,
                cli.connector,
                () -> cli.timers,
                new ProcessSignals());
        System.exit(
            QxGuest.run(new String[] {"--connect", "unix:/x", "exec", "sleep", "9"}, environment));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"INT,130", "TERM,143", "HUP,129"})
  void aSignalToTheProcessCancelsTheCall(String signal, int expected) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/env")));
    Process process =
        new ProcessBuilder(
                // Who runs the tests under nohup(1) would hand down signals that are ignored.
                "/usr/bin/env",
                "--default-signal=" + signal,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("running");

      int killed =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + process.pid())
              .start()
              .waitFor();

      assertThat(killed).isZero();
      assertThat(output.readLine()).isEqualTo("cancelled");
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(expected);
    } finally {
      process.destroyForcibly();
    }
  }
}
