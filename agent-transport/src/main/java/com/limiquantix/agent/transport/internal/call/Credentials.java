package com.limiquantix.agent.transport.internal.call;

import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Lets the call credentials of a call, if it has any, add their headers before it begins. */
final class Credentials {
  private Credentials() {}

  /**
   * Runs exactly one of the two continuations, at once if the call has no credentials.
   *
   * @param headers receive what the credentials add
   * @param proceed begins the call
   * @param fail ends it with the credentials' status
   */
  static void apply(
      CallOptions options,
      MethodDescriptor<?, ?> method,
      String authority,
      Executor executor,
      Metadata headers,
      Runnable proceed,
      Consumer<Status> fail) {
    CallCredentials credentials = options.getCredentials();
    if (credentials == null) {
      proceed.run();
      return;
    }
    AtomicBoolean answered = new AtomicBoolean();
    CallCredentials.MetadataApplier applier =
        new CallCredentials.MetadataApplier() {
          @Override
          public void apply(Metadata added) {
            once(answered);
            headers.merge(added);
            proceed.run();
          }

          @Override
          public void fail(Status status) {
            once(answered);
            fail.accept(status);
          }
        };
    try {
      credentials.applyRequestMetadata(new Info(method, options, authority), executor, applier);
    } catch (RuntimeException | Error e) {
      if (answered.compareAndSet(false, true)) {
        fail.accept(
            Status.UNAUTHENTICATED
                .withDescription("Credentials should use fail() instead of throwing exceptions")
                .withCause(e));
      }
    }
  }

  private static void once(AtomicBoolean answered) {
    if (!answered.compareAndSet(false, true)) {
      throw new IllegalStateException("apply() or fail() already called");
    }
  }

  private static final class Info extends CallCredentials.RequestInfo {
    private final MethodDescriptor<?, ?> method;
    private final CallOptions options;
    private final String authority;

    Info(MethodDescriptor<?, ?> method, CallOptions options, String authority) {
      this.method = method;
      this.options = options;
      this.authority = authority;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
      return method;
    }

    @Override
    public CallOptions getCallOptions() {
      return options;
    }

    @Override
    public SecurityLevel getSecurityLevel() {
      return LinkAddress.securityLevel();
    }

    @Override
    public String getAuthority() {
      return authority;
    }

    @Override
    public Attributes getTransportAttrs() {
      return Attributes.EMPTY;
    }
  }
}
