package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Somebody in the guest swaps folders for links while paths are gone. */
@EnabledOnOs(OS.LINUX)
class PathRaceTest {
  private PathTree tree;
  private Path swapped;

  @BeforeEach
  void plant(@TempDir Path directory) throws IOException {
    tree = new PathTree(directory.toRealPath());
    swapped = Files.createDirectory(tree.root.resolve("open/x"));
    Files.writeString(swapped.resolve("key"), PathTree.OPEN);
  }

  @Test
  void given_a_thread_that_swaps_for_two_seconds_then_no_read_escapes() throws Exception {
    readWhileSwapping(Duration.ofSeconds(2));
  }

  @Test
  void given_a_thread_that_swaps_for_two_seconds_then_no_write_escapes() throws Exception {
    writeWhileSwapping(Duration.ofSeconds(2));
  }

  @Test
  @Tag("slow")
  void given_a_thread_that_swaps_for_a_minute_then_no_read_escapes() throws Exception {
    readWhileSwapping(Duration.ofMinutes(1));
  }

  @Test
  @Tag("slow")
  void given_a_thread_that_swaps_for_a_minute_then_no_write_escapes() throws Exception {
    writeWhileSwapping(Duration.ofMinutes(1));
  }

  private void readWhileSwapping(Duration time) throws Exception {
    PathGuard guard = PathGuard.of(Policy.of(tree.denyingReads()));
    long read = 0;
    long refused = 0;
    try (Swapper swapper = new Swapper()) {
      for (long end = System.nanoTime() + time.toNanos(); System.nanoTime() < end; ) {
        try (GuardedPath file = guard.at(swapped + "/key", Access.READ);
            FileChannel channel = file.openRead()) {
          assertThat(PathTree.read(channel)).isEqualTo(PathTree.OPEN);
          read++;
        } catch (StatusException e) {
          refused++;
        }
      }
      assertThat(swapper.swaps()).isGreaterThan(100);
    }
    assertThat(read).isGreaterThan(100);
    assertThat(refused).isGreaterThan(100);
    System.out.printf("%d reads, %d refusals, no escape%n", read, refused);
  }

  private void writeWhileSwapping(Duration time) throws Exception {
    PathGuard guard = PathGuard.of(Policy.of(tree.allowingWrites()));
    long written = 0;
    long refused = 0;
    try (Swapper swapper = new Swapper()) {
      for (long end = System.nanoTime() + time.toNanos(); System.nanoTime() < end; ) {
        try (GuardedPath place = guard.at(swapped + "/new", Access.WRITE);
            PendingFile pending = place.replace(0600)) {
          pending.channel().write(ByteBuffer.wrap(new byte[] {1}));
          pending.commit(false);
          written++;
        } catch (StatusException e) {
          refused++;
        }
      }
    }
    assertThat(written).isGreaterThan(100);
    assertThat(refused).isGreaterThan(100);
    try (Stream<Path> names = Files.list(tree.root.resolve("secret"))) {
      assertThat(names.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("key", "sub", "out");
    }
    System.out.printf("%d writes, %d refusals, no escape%n", written, refused);
  }

  /** A folder, a link to what is denied, a folder again, and so on, each swap atomic. */
  private final class Swapper implements AutoCloseable {
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Long> swaps = new CompletableFuture<>();
    private final AtomicLong count = new AtomicLong();

    Swapper() throws IOException {
      Path link = tree.root.resolve("open/link");
      Path folder = tree.root.resolve("open/folder");
      Files.createSymbolicLink(link, tree.root.resolve("secret"));
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (!ended.get()) {
                    Files.move(swapped, folder, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(link, swapped, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(swapped, link, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(folder, swapped, StandardCopyOption.ATOMIC_MOVE);
                    count.incrementAndGet();
                  }
                  swaps.complete(count.get());
                } catch (IOException | RuntimeException e) {
                  swaps.completeExceptionally(e);
                }
              },
              "swapper");
      thread.start();
    }

    long swaps() {
      return count.get();
    }

    @Override
    public void close() throws Exception {
      ended.set(true);
      swaps.get();
      assertThat(Files.isDirectory(swapped, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
  }
}
