package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.security.CallFacts;
import io.grpc.Context;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions that need no files, and what becomes known of a call by them. */
class PolicyGuardTest {
  private static final PolicySettings SETTINGS =
      PolicySettings.OPEN.toBuilder().allowedUsers(List.of("app", "1000")).build();

  private final PolicyGuard guard = new PolicyGuard(Policy.of(SETTINGS));

  @Test
  void given_allowed_users_then_names_and_numbers_count_and_groups_must_be_their_own()
      throws Exception {
    guard.requireUser("app", 7, 7, List.of(7L, 8L));
    guard.requireUser("app", 7, 8, List.of(7L, 8L));
    guard.requireUser("other", 1000, 5, List.of(5L));
    guard.requireUser("", 1000, 5, List.of(5L));

    assertThatThrownBy(() -> guard.requireUser("root", 0, 0, List.of(0L)))
        .hasMessage(
            "PERMISSION_DENIED: running as user root is refused by the guest's policy"
                + " (security.allowed_users: has no entry for root)");
    assertThatThrownBy(() -> guard.requireUser("", 7, 7, List.of(7L))).isNotNull();
    assertThatThrownBy(() -> guard.requireUser("app", 7, 0, List.of(7L))).isNotNull();
  }

  @Test
  void given_a_folder_of_scripts_then_only_the_configured_one_may_be_named() throws Exception {
    guard.requireConfigured("pre_freeze_script_dir", "/etc/x", "");
    guard.requireConfigured("pre_freeze_script_dir", "/etc/x", "/etc/x");

    for (String other : List.of("/etc/x/", "/etc//x", "/etc/x/../y", "/tmp", "etc/x")) {
      assertThatThrownBy(() -> guard.requireConfigured("pre_freeze_script_dir", "/etc/x", other))
          .hasMessageContaining("(pre_freeze_script_dir: is /etc/x)");
    }
  }

  @Test
  void given_a_refusal_then_the_call_that_it_belongs_to_knows_the_rule() {
    CallFacts facts = new CallFacts();
    facts
        .in(Context.current())
        .run(
            () ->
                assertThatThrownBy(() -> guard.requireUser("root", 0, 0, List.of(0L))).isNotNull());

    assertThat(facts.decision())
        .isEqualTo(new CallFacts.Decision(false, "security.allowed_users: has no entry for root"));
  }

  @Test
  void given_an_open_policy_then_commands_and_users_need_not_be_judged() {
    PolicyGuard open = PolicyGuard.open();

    assertThat(open.judgesCommands()).isFalse();
    assertThat(open.restrictsUsers()).isFalse();
    assertThat(guard.judgesCommands()).isFalse();
    assertThat(guard.restrictsUsers()).isTrue();
  }

  @Test
  void given_an_entry_that_is_wrong_then_there_is_no_policy() {
    assertThatThrownBy(
            () -> Policy.of(PathTree.paths(List.of(), List.of("relative"), List.of(), List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("security.deny_file_read_paths: \"relative\" is not an absolute");
  }

  @Test
  void given_a_link_to_a_listed_program_then_it_is_called_by_the_listed_name_alone()
      throws Exception {
    String shell = Path.of("/bin/sh").toRealPath().toString();
    PolicyGuard listed = listing(shell + " --");

    try (ApprovedCommand approved = listed.approve(request("/bin/sh", Map.of()))) {
      assertThat(approved.program()).isEqualTo(shell);
      assertThat(approved.argv()).containsExactly(shell);
    }
  }

  @Test
  void given_a_search_path_that_others_can_lead_elsewhere_then_it_is_refused(@TempDir Path open)
      throws Exception {
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path link = Files.createSymbolicLink(open.resolve("bin"), Path.of("/usr/bin"));
    PolicyGuard listed = listing(Path.of("/bin/sh").toRealPath().toString());

    listed.approve(request("/bin/sh", Map.of("PATH", "/usr/bin:/bin"))).close();
    for (String path : List.of(link.toString(), "/usr/bin:" + open + "/../../usr/bin", "bin", "")) {
      assertThatThrownBy(() -> listed.approve(request("/bin/sh", Map.of("PATH", path))))
          .hasMessageContaining("environment variable PATH");
    }
  }

  private static PolicyGuard listing(String entry) {
    return new PolicyGuard(
        Policy.of(PolicySettings.OPEN.toBuilder().commandAllowlist(List.of(entry)).build()));
  }

  private static CommandRequest request(String program, Map<String, String> environment) {
    return new CommandRequest(program, List.of(), false, environment, "/", found -> found);
  }
}
