package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.limiquantix.agent.security.internal.jna.LinuxFileCalls;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** However a denied file is spelt, it is not opened; and however an allowed one is, it is. */
@EnabledOnOs(OS.LINUX)
class PathBypassTest {
  private static final int RANDOM_SPELLINGS = 20_000;

  private PathTree tree;
  private PathGuard guard;

  @BeforeEach
  void plant(@TempDir Path directory) throws IOException {
    tree = new PathTree(directory.toRealPath());
    guard = PathGuard.of(Policy.of(tree.denyingReads()));
  }

  /** Ways to write a path that mean the same file. */
  private List<UnaryOperator<String>> spellings() {
    String root = tree.root.toString();
    String top = root.substring(0, root.indexOf('/', 1));
    return List.of(
        path -> path,
        path -> "//" + path,
        path -> path.replace("/", "//"),
        path -> path.replace("/", "///"),
        path -> path.replace("/", "/./"),
        path -> "/./." + path,
        path -> "/.." + path,
        path -> "/../../../../../../../../.." + path,
        path -> path.replace(root, root + "/open/.."),
        path -> path.replace(root, root + "/open/dir/sub/../../.."),
        path -> path.replace(root, root + "/open/up"),
        path -> path.replace(root, root + "/open/self/self/up/open/up"),
        path -> path.replace(root, root + "/way/up"),
        path -> path.replace(root, root + "/open/gooddir/../.."),
        path -> "/proc/self/root" + path,
        path -> "/proc/thread-self/root" + path,
        path -> "/proc/" + ProcessHandle.current().pid() + "/root" + path,
        path -> "/proc/self/root/proc/self/root" + path,
        path -> "/proc/self/task/../root" + path,
        path -> "/dev/fd/../root" + path,
        path -> top + "/.." + path,
        path -> path.replace(root, root + "/secret/../open/.."));
  }

  /** Names within the tree that lead to what is denied. */
  private static final List<String> DENIED =
      List.of(
          "secret/key",
          "secret/sub/deep/key",
          "single",
          "home/.ssh/id",
          "open/abs/key",
          "open/rel/key",
          "open/rel/sub/deep/key",
          "open/key",
          "open/chain",
          "open/slashes/deep/key",
          "open/proc/key",
          "open/hard");

  private static final List<String> ALLOWED =
      List.of(
          "open/file",
          "open/dir/file",
          "open/dir/sub/file",
          "open/secret",
          "secrets/file",
          "singles",
          "open/good",
          "open/gooddir/file",
          "open/gooddir/sub/file",
          "secret/out",
          "open/rel/out",
          "way/file");

  @Test
  void given_denied_files_then_no_spelling_opens_them_or_tells_of_them() {
    int attempts = 0;
    for (String name : DENIED) {
      for (UnaryOperator<String> spelling : spellings()) {
        String path = spelling.apply(tree.root + "/" + name);
        assertThatThrownBy(() -> open(path))
            .as(path)
            .isInstanceOfSatisfying(
                StatusException.class,
                e -> {
                  assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                  assertThat(e.getStatus().getDescription())
                      .contains("security.deny_file_read_paths: names " + tree.root)
                      .doesNotContain(PathTree.SECRET);
                });
        attempts++;
      }
    }
    assertThat(attempts).isGreaterThan(150);
  }

  @Test
  void given_allowed_files_then_every_spelling_opens_them() throws Exception {
    int uses = 0;
    for (String name : ALLOWED) {
      for (UnaryOperator<String> spelling : spellings()) {
        String path = spelling.apply(tree.root + "/" + name);
        assertThat(open(path)).as(path).isEqualTo(PathTree.OPEN);
        uses++;
      }
    }
    assertThat(uses).isGreaterThan(150);
  }

  @Test
  void given_spellings_at_random_then_none_opens_what_is_denied() throws Exception {
    long seed = 20_260_501L;
    Random random = new Random(seed);
    List<String> parts =
        List.of(
            "..", ".", "", "open", "secret", "way", "home", ".ssh", "dir", "sub", "deep", "key",
            "file", "single", "id", "abs", "rel", "up", "self", "chain", "slashes", "proc", "hard",
            "gooddir", "out", "loop", "secrets", "SECRET", "key/", "missing");
    List<String> starts =
        List.of(
            tree.root.toString(),
            "/proc/self/root" + tree.root,
            tree.root + "/open",
            tree.root + "/secret",
            tree.root + "/open/up/way",
            "/proc/self/cwd/" + "../".repeat(12) + tree.root.toString().substring(1));
    int opened = 0;
    for (int i = 0; i < RANDOM_SPELLINGS; i++) {
      StringBuilder path = new StringBuilder(starts.get(random.nextInt(starts.size())));
      for (int length = random.nextInt(9); length > 0; length--) {
        path.append('/').append(parts.get(random.nextInt(parts.size())));
      }
      try {
        assertThat(open(path.toString()))
            .as("seed %d, spelling %d: %s", seed, i, path)
            .isEqualTo(PathTree.OPEN);
        opened++;
      } catch (StatusException e) {
        assertThat(e.getStatus().getCode()).as(path.toString()).isNotEqualTo(Status.Code.INTERNAL);
      }
    }
    assertThat(opened).as("spellings that are allowed").isGreaterThan(50);
  }

  @Test
  void given_detours_at_random_then_the_file_decides_and_not_the_way() throws Exception {
    long seed = 20_260_502L;
    Random random = new Random(seed);
    List<String> detours =
        List.of(
            "/open/..",
            "/open/up",
            "/secret/..",
            "/way/..",
            "/open/self/..",
            "/open/gooddir/../..",
            "/open/rel/..",
            "/secret/sub/deep/../../..",
            "/.",
            "/",
            "/./",
            "/home/.ssh/.././..");
    for (int i = 0; i < RANDOM_SPELLINGS / 2; i++) {
      StringBuilder path = new StringBuilder(random.nextBoolean() ? "" : "/proc/self/root");
      path.append(tree.root);
      for (int count = random.nextInt(6); count > 0; count--) {
        path.append(detours.get(random.nextInt(detours.size())));
      }
      boolean denied = random.nextBoolean();
      List<String> names = denied ? DENIED : ALLOWED;
      path.append('/');
      for (String part : names.get(random.nextInt(names.size())).split("/", -1)) {
        path.append("/".repeat(random.nextInt(3))).append(random.nextBoolean() ? "/./" : "/");
        path.append(part);
      }
      if (denied) {
        assertStatus(path.toString(), Status.Code.PERMISSION_DENIED);
      } else {
        assertThat(open(path.toString())).as("seed %d: %s", seed, path).isEqualTo(PathTree.OPEN);
      }
    }
  }

  @Test
  void given_a_kernel_without_openat2_then_links_are_found_all_the_same() throws Exception {
    Policy open = Policy.OPEN;
    for (boolean openat2 : List.of(true, false)) {
      PathGuard old = new PathGuard(LinuxFileCalls.open(openat2), open::paths);
      for (String name : ALLOWED) {
        try (GuardedPath file = old.at(tree.root + "/" + name, Access.READ);
            FileChannel channel = file.openRead()) {
          assertThat(PathTree.read(channel)).isEqualTo(PathTree.OPEN);
        }
      }
    }
  }

  @Test
  void given_what_is_missing_below_a_denied_folder_then_nothing_tells_that_it_is() {
    for (String name :
        List.of("secret/nothing", "secret/no/way", "open/rel/nothing", "secret/key/x")) {
      assertThatThrownBy(() -> open(tree.root + "/" + name))
          .as(name)
          .hasMessageStartingWith("PERMISSION_DENIED");
    }
  }

  @Test
  void given_names_that_no_rule_means_then_the_system_answers() {
    assertStatus("relative/path", Status.Code.INVALID_ARGUMENT);
    assertStatus("", Status.Code.INVALID_ARGUMENT);
    assertStatus(tree.root + "/open/\0file", Status.Code.INVALID_ARGUMENT);
    assertStatus(tree.root + "/open/loop", Status.Code.INVALID_ARGUMENT);
    assertStatus(tree.root + "/open/nothing", Status.Code.NOT_FOUND);
    assertStatus(tree.root + "/open/file/x", Status.Code.FAILED_PRECONDITION);
    assertStatus(tree.root + "/open/file/", Status.Code.FAILED_PRECONDITION);
    assertStatus(tree.root + "/open/dir", Status.Code.FAILED_PRECONDITION);
    assertStatus("/dev/zero", Status.Code.FAILED_PRECONDITION);
    assertStatus("/" + "x/".repeat(3000), Status.Code.INVALID_ARGUMENT);
    assertStatus("/proc/self/mem", Status.Code.PERMISSION_DENIED);
  }

  @Test
  void given_a_denied_folder_that_somebody_renames_then_it_stays_denied() throws Exception {
    guard = new PolicyGuard(Policy.of(tree.denyingReads())).paths().orElseThrow();
    Files.move(tree.root.resolve("secret"), tree.root.resolve("open/moved"));

    assertStatus(tree.root + "/open/moved/key", Status.Code.PERMISSION_DENIED);
  }

  @Test
  void given_a_denied_folder_that_is_mounted_elsewhere_then_it_is_denied_there_too()
      throws Exception {
    Path mounted = Files.createDirectory(tree.root.resolve("open/mounted"));
    assumeTrue(
        run("mount", "--bind", tree.root + "/secret", mounted.toString()) == 0,
        "this user may not mount");
    try {
      assertStatus(mounted + "/key", Status.Code.PERMISSION_DENIED);
      assertStatus(mounted + "/sub/deep/key", Status.Code.PERMISSION_DENIED);
    } finally {
      assertThat(run("umount", mounted.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void given_a_listing_then_what_may_not_be_read_is_not_in_it() throws Exception {
    try (GuardedPath folder = guard.at(tree.root.toString(), Access.READ)) {
      List<String> names = new ArrayList<>();
      folder.list(100).forEach(entry -> names.add(entry.name()));
      assertThat(names).containsExactlyInAnyOrder("open", "home", "secrets", "singles", "way");
    }
  }

  @Test
  void given_an_allowed_tree_whose_own_name_a_user_can_make_a_link_then_it_is_not_followed()
      throws Exception {
    Path users = Files.createDirectory(tree.root.resolve("users"));
    Files.createSymbolicLink(users.resolve("up"), tree.root.resolve("secret"));
    Files.setAttribute(users, "unix:mode", 0777);
    PathGuard reads =
        PathGuard.of(
            Policy.of(PathTree.paths(List.of(users + "/up"), List.of(), List.of(), List.of())));

    assertThatThrownBy(() -> reads.at(users + "/up/key", Access.READ).close())
        .hasMessageContaining("security.allow_file_read_paths");
  }

  private void assertStatus(String path, Status.Code code) {
    assertThatThrownBy(() -> open(path))
        .as(path)
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  private String open(String path) throws StatusException, IOException {
    try (GuardedPath file = guard.at(path, Access.READ);
        FileChannel channel = file.openRead()) {
      return PathTree.read(channel);
    }
  }
}
