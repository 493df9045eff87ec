package com.limiquantix.agent.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {

  @Test
  void everyMethodBelongsToAGroupAndNothingElseDoes() throws Exception {
    Set<String> methods = new TreeSet<>();
    ProtoFiles.methods(ProtoFiles.descriptors())
        .forEach(method -> methods.add(ProtoFiles.fullName(method)));
    assertThat(Capabilities.methods().keySet()).containsExactlyInAnyOrderElementsOf(methods);
  }

  @Test
  void coreIsPingCapabilitiesAndHealth() {
    assertThat(Capabilities.methods().keySet())
        .filteredOn(method -> Capabilities.of(method).equals(Optional.of(Capabilities.CORE)))
        .containsExactlyInAnyOrder(
            AgentServiceGrpc.getPingMethod().getFullMethodName(),
            AgentServiceGrpc.getGetCapabilitiesMethod().getFullMethodName(),
            HealthGrpc.getCheckMethod().getFullMethodName(),
            HealthGrpc.getListMethod().getFullMethodName(),
            HealthGrpc.getWatchMethod().getFullMethodName());
  }

  @Test
  void everyGroupButTelemetryHasAMethod() throws Exception {
    Set<String> names = new HashSet<>();
    for (var field : Capabilities.class.getFields()) {
      names.add((String) field.get(null));
    }
    names.remove(Capabilities.TELEMETRY);
    assertThat(new HashSet<>(Capabilities.methods().values())).isEqualTo(names);
  }

  @Test
  void aMethodOfSomebodyElseHasNoGroup() {
    assertThat(Capabilities.of("other.Service/Method")).isEmpty();
  }
}
