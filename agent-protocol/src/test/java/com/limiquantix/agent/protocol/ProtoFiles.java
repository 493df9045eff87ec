package com.limiquantix.agent.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every .proto file of this module with its descriptor, so that none escapes a test. */
final class ProtoFiles {

  private static final Path ROOT = Path.of("src/main/proto");

  private ProtoFiles() {}

  static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files.filter(file -> file.toString().endsWith(".proto")).sorted().toList();
    }
  }

  static List<FileDescriptor> descriptors() throws Exception {
    List<FileDescriptor> descriptors = new ArrayList<>();
    for (Path source : sources()) {
      String text = Files.readString(source);
      String outer = option(text, "java_package") + "." + option(text, "java_outer_classname");
      FileDescriptor descriptor =
          (FileDescriptor) Class.forName(outer).getMethod("getDescriptor").invoke(null);
      assertThat(ROOT.resolve(descriptor.getName())).isEqualTo(source);
      descriptors.add(descriptor);
    }
    return descriptors;
  }

  static List<FileDescriptor> descriptors(String protoPackage) throws Exception {
    return descriptors().stream().filter(file -> file.getPackage().equals(protoPackage)).toList();
  }

  static List<MethodDescriptor> methods(List<FileDescriptor> files) {
    return files.stream()
        .flatMap(file -> file.getServices().stream())
        .flatMap(service -> service.getMethods().stream())
        .toList();
  }

  /** The name that gRPC knows a method by. */
  static String fullName(MethodDescriptor method) {
    return method.getService().getFullName() + "/" + method.getName();
  }

  private static String option(String proto, String name) {
    Matcher matcher = Pattern.compile("option " + name + " = \"([^\"]+)\";").matcher(proto);
    assertThat(matcher.find()).as("option %s in %s", name, proto).isTrue();
    return matcher.group(1);
  }
}
