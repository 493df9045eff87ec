package com.limiquantix.agent.handlers.exec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.limiquantix.agent.handlers.internal.jna.JnaPosix;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.protocol.v1.ExecServiceGrpc;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Commands that go on when the agent ends. */
@EnabledOnOs(OS.LINUX)
@Timeout(30)
class CommandKeeperTest {
  @TempDir private Path directory;

  /** Keeps the outputs by opening them a second time. */
  private static final class Kept implements CommandKeeper, AutoCloseable {
    final List<InputStream> outputs = new CopyOnWriteArrayList<>();
    final List<Integer> separated = new CopyOnWriteArrayList<>();

    @Override
    public boolean keepOutput(int fd) {
      try {
        return outputs.add(new FileInputStream("/proc/self/fd/" + fd));
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void separate(Collection<Integer> pids) {
      separated.addAll(pids);
    }

    /** What comes until the last writer has gone; a pipe cannot be asked for its size. */
    String restOfOutput() throws IOException {
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      byte[] bytes = new byte[1_024];
      InputStream output = outputs.get(0);
      for (int count = output.read(bytes); count >= 0; count = output.read(bytes)) {
        rest.write(bytes, 0, count);
      }
      return rest.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
      for (InputStream output : outputs) {
        output.close();
      }
    }
  }

  @Test
  void givenCommandUnderWay_whenTheAgentEnds_thenTheCallFailsAndTheCommandRunsToItsEnd()
      throws Exception {
    Path go = directory.resolve("go");
    Path pid = directory.resolve("pid");
    try (Kept kept = new Kept();
        ExecFixture agent = new ExecFixture(ExecLimits.DEFAULT, Set.of(), kept)) {
      assertThat(new ProcessBuilder("mkfifo", go.toString()).start().waitFor()).isZero();
      ListenableFuture<ExecuteResponse> call =
          ExecServiceGrpc.newFutureStub(agent.channel)
              .execute(
                  ExecFixture.shell(
                          "echo before; echo $$ > "
                              + pid
                              + ".new; mv "
                              + pid
                              + ".new "
                              + pid
                              + "; read line < "
                              + go
                              + "; echo after; echo done > "
                              + directory.resolve("end"))
                      .build());
      ProcessHandle command = started(pid);

      agent.spawner.close();

      assertThat(failure(call).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure(call).getDescription())
          .contains("the agent is ending")
          .contains("goes on as process " + command.pid());
      assertThat(command.isAlive()).isTrue();
      assertThat(kept.separated).contains((int) command.pid());

      Files.writeString(go, "\n");
      assertThat(kept.restOfOutput()).isEqualTo("after\n");
      assertThat(directory.resolve("end")).hasContent("done\n");
    }
  }

  @Test
  void givenOutputOfAnEarlierAgent_whenItIsTakenOver_thenItsWriterIsNotHeldUp() throws Exception {
    Posix posix = JnaPosix.open(Set.of());
    Posix.Pipe pipe = posix.pipe();
    try (ExecFixture agent = new ExecFixture(ExecLimits.DEFAULT, Set.of());
        OutputStream writer = new FileOutputStream("/proc/self/fd/" + pipe.writeEnd())) {
      posix.close(pipe.writeEnd());

      agent.spawner.adoptOutput(pipe.readEnd());

      // Far more than a pipe holds: returns only if somebody reads.
      writer.write(new byte[4 << 20]);
    }
  }

  private static ProcessHandle started(Path pid) throws IOException, InterruptedException {
    while (!Files.exists(pid)) {
      Thread.onSpinWait();
    }
    return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
  }

  private static Status failure(ListenableFuture<ExecuteResponse> call)
      throws InterruptedException {
    try {
      throw new AssertionError("the call ended with " + call.get());
    } catch (ExecutionException e) {
      return Status.fromThrowable(e);
    }
  }
}
