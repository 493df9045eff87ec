package com.limiquantix.agent.transport.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Methods over plain strings, for what generated code would hide. */
final class Raw {
  static final String SERVICE = "semantics.Raw";

  static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY);
  static final MethodDescriptor<String, String> UPLOAD =
      method("Upload", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<String, String> DOWNLOAD =
      method("Download", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> CHAT = method("Chat", MethodType.BIDI_STREAMING);

  private Raw() {}

  static MethodDescriptor<String, String> method(String name, MethodType type) {
    return method(name, type, Text.INSTANCE, Text.INSTANCE);
  }

  static MethodDescriptor<String, String> method(
      String name,
      MethodType type,
      MethodDescriptor.Marshaller<String> request,
      MethodDescriptor.Marshaller<String> answer) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(request)
        .setResponseMarshaller(answer)
        .build();
  }

  /** All four methods, with the same handler. */
  static ServerServiceDefinition service(ServerCallHandler<String, String> handler) {
    return ServerServiceDefinition.builder(SERVICE)
        .addMethod(UNARY, handler)
        .addMethod(UPLOAD, handler)
        .addMethod(DOWNLOAD, handler)
        .addMethod(CHAT, handler)
        .build();
  }

  /** One method of its own descriptor. */
  static ServerServiceDefinition service(
      MethodDescriptor<String, String> method, ServerCallHandler<String, String> handler) {
    return ServerServiceDefinition.builder(SERVICE).addMethod(method, handler).build();
  }

  /** Strings as UTF-8. */
  static class Text implements MethodDescriptor.Marshaller<String> {
    static final Text INSTANCE = new Text();

    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
