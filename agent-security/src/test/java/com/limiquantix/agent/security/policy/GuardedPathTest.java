package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is done at a place that policy let through, and what is not. */
@EnabledOnOs(OS.LINUX)
class GuardedPathTest {
  private PathTree tree;
  private PathGuard guard;

  @BeforeEach
  void plant(@TempDir Path directory) throws IOException {
    tree = new PathTree(directory.toRealPath());
    guard = PathGuard.of(Policy.of(tree.allowingWrites()));
  }

  private GuardedPath at(String name, Access access) throws Exception {
    return guard.at(tree.root + "/" + name, access);
  }

  private void write(String name, String content) throws Exception {
    try (GuardedPath place = at(name, Access.WRITE);
        PendingFile pending = place.replace(0640)) {
      pending.channel().write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
      pending.commit(true);
    }
  }

  @Test
  void given_a_new_file_when_committed_then_it_is_there_whole_and_nothing_else() throws Exception {
    write("open/new", "content");

    assertThat(tree.root.resolve("open/new")).hasContent("content");
    assertThat(Files.getAttribute(tree.root.resolve("open/new"), "unix:mode")).isEqualTo(0100640);
    assertThat(hidden()).isEmpty();
  }

  @Test
  void given_a_file_that_is_not_committed_then_nothing_has_changed() throws Exception {
    try (GuardedPath place = at("open/file", Access.WRITE);
        PendingFile pending = place.replace(0600)) {
      pending.channel().write(ByteBuffer.wrap(new byte[10]));
    }

    assertThat(tree.root.resolve("open/file")).hasContent(PathTree.OPEN);
    assertThat(hidden()).isEmpty();
  }

  @Test
  void given_no_replacing_when_there_is_a_file_then_it_stays() throws Exception {
    try (GuardedPath place = at("open/file", Access.WRITE);
        PendingFile pending = place.replace(0600)) {
      assertThatThrownBy(() -> pending.commit(false, false))
          .hasMessageStartingWith("ALREADY_EXISTS");
    }
    assertThat(tree.root.resolve("open/file")).hasContent(PathTree.OPEN);
  }

  @Test
  void given_places_outside_or_denied_then_nothing_may_be_written_there() {
    for (String name :
        List.of(
            "secret/new",
            "new",
            "open/abs/new",
            "open/rel/new",
            "open/../new",
            "open/up/new",
            "open/dir/sub/new",
            "open/dir/sub",
            "open/gooddir/sub/file",
            "open",
            "..")) {
      assertThatThrownBy(() -> write(name, "x"))
          .as(name)
          .hasMessageContaining("is refused by the guest's policy (security.");
    }
  }

  @Test
  void given_a_link_at_the_end_then_writing_goes_where_it_leads_and_removing_takes_the_link()
      throws Exception {
    write("open/good", "through");
    assertThat(tree.root.resolve("open/dir/file")).hasContent("through");

    try (GuardedPath link = guard.linkAt(tree.root + "/open/abs", Access.WRITE)) {
      assertThat(link.linkTarget()).isEqualTo(tree.root + "/secret");
      link.remove();
    }
    assertThat(Files.exists(tree.root.resolve("open/abs"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(tree.root.resolve("secret/key")).exists();
  }

  @Test
  void given_a_file_with_another_name_then_it_is_not_changed_in_place() throws Exception {
    try (GuardedPath hard = at("open/hard", Access.WRITE)) {
      assertThatThrownBy(hard::openWrite).hasMessageContaining("hard links");
    }
    try (GuardedPath file = at("open/file", Access.WRITE);
        FileChannel channel = file.openWrite()) {
      channel.write(ByteBuffer.wrap("open".getBytes(StandardCharsets.UTF_8)), 0);
    }
    assertThat(tree.root.resolve("open/file")).hasContent("open");
  }

  @Test
  void given_a_tree_to_remove_then_links_in_it_are_not_followed() throws Exception {
    Files.createSymbolicLink(
        Files.createDirectories(tree.root.resolve("open/t/u")).resolve("l"),
        tree.root.resolve("secret"));
    for (int i = 0; i < 1500; i++) {
      Files.createFile(tree.root.resolve("open/t/file" + i));
    }
    try (GuardedPath folder = at("open/t", Access.READ)) {
      assertThat(folder.list(10_000)).hasSize(1501);
      assertThat(folder.list(7)).hasSize(7);
    }
    try (GuardedPath folder = at("open/t", Access.WRITE)) {
      folder.removeAll();
    }
    assertThat(tree.root.resolve("open/t")).doesNotExist();
    assertThat(tree.root.resolve("secret/key")).exists();
  }

  @Test
  void given_a_denied_part_then_the_tree_around_it_is_neither_removed_nor_renamed() {
    for (Access access : List.of(Access.WRITE, Access.MOVE)) {
      assertThatThrownBy(() -> at("open/dir", access).close())
          .hasMessageContaining("/open/dir/sub, which lies below");
    }
  }

  @Test
  void given_a_rename_then_it_needs_both_ends() throws Exception {
    try (GuardedPath from = at("open/file", Access.MOVE);
        GuardedPath to = at("open/renamed", Access.WRITE)) {
      from.renameTo(to, false);
    }
    assertThat(tree.root.resolve("open/renamed")).hasContent(PathTree.OPEN);
    assertThatThrownBy(() -> at("secret/key", Access.MOVE).close())
        .hasMessageContaining("security.allow_file_write_paths");
  }

  @Test
  void given_what_may_not_be_read_then_it_may_not_be_renamed_to_where_it_could() {
    PathGuard reads = PathGuard.of(Policy.of(tree.denyingReads()));
    for (String name : List.of("secret/key", "secret", "home", "single")) {
      assertThatThrownBy(() -> reads.at(tree.root + "/" + name, Access.MOVE).close())
          .as(name)
          .hasMessageContaining("security.deny_file_read_paths");
    }
  }

  @Test
  void given_a_directory_to_make_then_it_is_made_once() throws Exception {
    try (GuardedPath place = at("open/made", Access.WRITE)) {
      assertThat(place.status()).isEqualTo(Optional.empty());
      place.makeDirectory(0750);
      assertThatThrownBy(() -> place.makeDirectory(0750)).hasMessageStartingWith("ALREADY_EXISTS");
    }
    assertThat(tree.root.resolve("open/made")).isDirectory();
  }

  @Test
  void given_a_place_that_is_held_when_its_folder_is_swapped_then_the_held_one_is_written()
      throws Exception {
    try (GuardedPath place = at("open/gooddir/file", Access.WRITE)) {
      Files.move(tree.root.resolve("open/dir"), tree.root.resolve("open/old"));
      Files.createSymbolicLink(tree.root.resolve("open/dir"), tree.root.resolve("secret"));
      try (PendingFile pending = place.replace(0600)) {
        pending.channel().write(ByteBuffer.wrap(new byte[] {'x'}));
        pending.commit(false);
      }
    }
    assertThat(tree.root.resolve("open/old/file")).hasContent("x");
    assertThat(tree.root.resolve("secret/file")).doesNotExist();
  }

  @Test
  void given_a_path_that_is_held_for_one_thing_then_nothing_else_is_done() throws Exception {
    try (GuardedPath write = at("open/file", Access.WRITE);
        GuardedPath read = at("open/file", Access.READ)) {
      assertThatThrownBy(write::openRead).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> write.renameTo(read, true))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(read::openWrite).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(read::remove).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> read.replace(0600)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void given_many_uses_then_no_descriptor_is_left() throws Exception {
    long before = descriptors();
    for (int i = 0; i < 50; i++) {
      write("open/new", "content");
      assertThatThrownBy(() -> write("secret/new", "x")).isNotNull();
      assertThatThrownBy(() -> write("open/nothing/here", "x")).isNotNull();
      try (GuardedPath folder = at("open", Access.READ)) {
        assertThat(folder.list(100)).isNotEmpty();
      }
    }
    assertThat(descriptors()).isLessThan(before + 10);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  private List<Path> hidden() throws IOException {
    try (Stream<Path> all = Files.list(tree.root.resolve("open"))) {
      return all.filter(path -> path.getFileName().toString().startsWith(".")).toList();
    }
  }
}
