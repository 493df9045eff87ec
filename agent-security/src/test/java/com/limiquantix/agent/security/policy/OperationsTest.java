package com.limiquantix.agent.security.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.Capabilities;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every method of the agent has a place in every policy. */
class OperationsTest {
  @Test
  void given_the_methods_of_the_protocol_then_policy_knows_each_of_them() {
    // That Capabilities holds exactly the methods of the .proto files, CapabilitiesTest proves.
    assertThat(Operations.methods())
        .containsExactlyInAnyOrderElementsOf(Capabilities.methods().keySet());
  }

  @Test
  void given_a_name_of_a_method_then_it_stands_for_one_method_and_for_no_capability() {
    for (String method : Operations.methods()) {
      String name = method.substring(method.indexOf('/') + 1);
      assertThat(Operations.named(name)).containsExactly(method);
    }
  }

  @Test
  void given_what_keeps_a_vm_reachable_then_no_policy_refuses_it() {
    Policy strictest =
        Policy.of(
            settings(
                Profile.MONITOR_ONLY, List.of("GetHardwareInfo"), List.of("events", "inventory")));
    assertThat(Operations.methods())
        .filteredOn(method -> strictest.refusal(method).isEmpty())
        .containsExactlyInAnyOrder(
            "limiquantix.agent.v1.AgentService/Ping",
            "limiquantix.agent.v1.AgentService/GetCapabilities",
            "grpc.health.v1.Health/Check",
            "grpc.health.v1.Health/List",
            "grpc.health.v1.Health/Watch",
            "limiquantix.agent.v1.QuiesceService/ThawFilesystems");
  }

  @Test
  void given_an_entry_that_disables_what_is_vital_then_it_is_refused_with_a_way_out() {
    assertThat(Operations.disabledFault("Ping"))
        .hasValue("Ping can't be disabled, or a VM could be lost or left frozen");
    assertThat(Operations.disabledFault("core")).isPresent();
    assertThat(Operations.disabledFault("ThawFilesystems")).isPresent();
    assertThat(Operations.disabledFault("quiesce").orElseThrow())
        .endsWith("; name QuiesceFilesystems");
    assertThat(Operations.disabledFault("QuiesceFilesystems")).isEmpty();
    assertThat(Operations.disabledFault("exec")).isEmpty();
    assertThat(Operations.disabledFault("Exec")).isPresent();
  }

  @Test
  void given_the_managed_profile_then_nothing_reaches_into_what_the_owner_runs_and_keeps() {
    Policy managed = Policy.of(settings(Profile.MANAGED, List.of(), List.of()));

    assertThat(managed.offers(Capabilities.EXEC)).isFalse();
    assertThat(managed.offers(Capabilities.FILE)).isFalse();
    assertThat(managed.offers(Capabilities.PASSWORD)).isFalse();
    assertThat(managed.offers(Capabilities.CLIPBOARD)).isFalse();
    assertThat(managed.offers(Capabilities.SHUTDOWN)).isTrue();
    assertThat(managed.offers(Capabilities.TELEMETRY)).isTrue();
    assertThat(managed.refusal("limiquantix.agent.v1.ProcessService/KillProcess"))
        .hasValue("security.profile: managed does not serve KillProcess");
    assertThat(managed.refusal("other.Service/Method")).isPresent();
  }

  @Test
  void given_monitor_only_then_what_changes_the_guest_is_not_served() {
    Policy monitor = Policy.of(settings(Profile.MONITOR_ONLY, List.of(), List.of()));

    for (String capability :
        List.of(
            Capabilities.EXEC,
            Capabilities.FILE,
            Capabilities.SHUTDOWN,
            Capabilities.NETWORK,
            Capabilities.UPDATE,
            Capabilities.TIME)) {
      assertThat(monitor.offers(capability)).as(capability).isFalse();
    }
    assertThat(monitor.offers(Capabilities.INVENTORY)).isTrue();
    assertThat(monitor.refusal("limiquantix.agent.v1.ProcessService/ListProcesses")).isEmpty();
  }

  @Test
  void given_allowed_operations_then_they_replace_what_the_profile_serves() {
    Policy policy = Policy.of(settings(Profile.MONITOR_ONLY, List.of("time", "exec"), List.of()));

    assertThat(policy.refusal("limiquantix.agent.v1.ClockService/SyncTime")).isEmpty();
    assertThat(policy.refusal("limiquantix.agent.v1.InventoryService/GetHardwareInfo"))
        .hasValue("security.allowed_operations: does not name GetHardwareInfo");
    assertThat(policy.offers(Capabilities.EXEC)).as("no command is listed").isFalse();
    assertThat(policy.offers(Capabilities.TELEMETRY)).isFalse();
  }

  private static PolicySettings settings(
      Profile profile, List<String> allowed, List<String> disabled) {
    return PolicySettings.OPEN.toBuilder()
        .profile(profile)
        .allowedOperations(allowed)
        .disabledOperations(disabled)
        .build();
  }
}
