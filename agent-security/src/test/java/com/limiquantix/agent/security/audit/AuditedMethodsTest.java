package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import com.limiquantix.agent.protocol.Capabilities;
import com.limiquantix.agent.protocol.v1.AgentServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Walks the descriptors of all services: none escapes audit. */
final class AuditedMethodsTest {
  /** Allowed values of the Elastic Common Schema 8.11. */
  private static final Set<String> CATEGORIES =
      Set.of(
          "api",
          "authentication",
          "configuration",
          "file",
          "host",
          "iam",
          "network",
          "package",
          "process",
          "session");

  private static final Set<String> TYPES =
      Set.of(
          "access",
          "change",
          "creation",
          "deletion",
          "end",
          "info",
          "installation",
          "start",
          "user");

  /** Every generated service of agent-protocol, found by its class. */
  static List<ServiceDescriptor> services() throws Exception {
    URI place = AgentServiceGrpc.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path origin = Path.of(place);
    if (Files.isDirectory(origin)) {
      return services(origin);
    }
    try (FileSystem jar = FileSystems.newFileSystem(origin)) {
      return services(jar.getPath("/"));
    }
  }

  private static List<ServiceDescriptor> services(Path root) throws Exception {
    List<Path> stubs;
    try (Stream<Path> files = Files.walk(root)) {
      stubs = files.filter(file -> file.toString().endsWith("Grpc.class")).toList();
    }
    List<ServiceDescriptor> services = new ArrayList<>();
    for (Path stub : stubs) {
      String name = root.relativize(stub).toString().replace('/', '.').replace('\\', '.');
      Class<?> type = Class.forName(name.substring(0, name.length() - ".class".length()));
      services.add((ServiceDescriptor) type.getMethod("getServiceDescriptor").invoke(null));
    }
    return services;
  }

  @Test
  void everyMethodOfEveryServiceHasARowAndThereIsNoOther() throws Exception {
    Set<String> methods = new TreeSet<>();
    for (ServiceDescriptor service : services()) {
      service.getMethods().forEach(method -> methods.add(method.getFullMethodName()));
    }

    assertThat(methods).hasSizeGreaterThan(25).containsAll(Capabilities.methods().keySet());
    assertThat(AuditedMethods.rowsByName().keySet()).containsExactlyInAnyOrderElementsOf(methods);
  }

  @Test
  void everyServiceOfEveryProtoFileIsAmongThoseWalked() throws Exception {
    Set<String> walked = new TreeSet<>();
    Set<String> declared = new TreeSet<>();
    for (ServiceDescriptor service : services()) {
      walked.add(service.getName());
      FileDescriptor file =
          ((ProtoServiceDescriptorSupplier) service.getSchemaDescriptor()).getFileDescriptor();
      file.getServices().forEach(each -> declared.add(each.getFullName()));
    }
    assertThat(walked).isEqualTo(declared);
  }

  @Test
  void everyRequestThatNamesSomethingIsUnderstoodAndNoOther() throws Exception {
    for (ServiceDescriptor service : services()) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        assertThat(Subjects.of(request(method)) != null)
            .as(method.getFullMethodName())
            .isEqualTo(AuditedMethods.of(method.getFullMethodName()).subject());
      }
    }
  }

  private static Message request(MethodDescriptor<?, ?> method) {
    assertThat(method.getSchemaDescriptor()).isInstanceOf(ProtoMethodDescriptorSupplier.class);
    return (Message)
        ((MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller())
            .getMessagePrototype();
  }

  @Test
  void requestsWithFieldsNameSomethingUnlessTheyOnlyAskForFacts() throws Exception {
    Set<String> nothing = new TreeSet<>();
    for (ServiceDescriptor service : services()) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        if (!AuditedMethods.of(method.getFullMethodName()).subject()
            && !request(method).getDescriptorForType().getFields().isEmpty()) {
          nothing.add(method.getFullMethodName());
        }
      }
    }
    assertThat(nothing)
        .containsExactly(
            "grpc.health.v1.Health/Check",
            "grpc.health.v1.Health/Watch",
            "limiquantix.agent.v1.AgentService/Ping",
            "limiquantix.agent.v1.InventoryService/GetHardwareInfo");
  }

  @Test
  void categoriesAndTypesAreThoseOfTheSchema() throws IOException {
    for (Map.Entry<String, AuditedMethods.Row> row : AuditedMethods.rowsByName().entrySet()) {
      assertThat(CATEGORIES).as(row.getKey()).contains(row.getValue().category());
      assertThat(TYPES).as(row.getKey()).contains(row.getValue().type());
    }
  }
}
