package com.limiquantix.agent.transport.v1;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.limiquantix.agent.protocol.V1Row;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One call of a channel on its way to an agent of version 1, and back. */
final class V1HostCall extends ServerCall.Listener<byte[]> {
  private static final byte[] NOTHING = {};

  private final V1HostRole role;
  private final V1Row<?, ?> row;
  private final ServerCall<byte[], byte[]> call;
  private byte[] request = NOTHING;
  private volatile @Nullable String id;

  V1HostCall(V1HostRole role, V1Row<?, ?> row, ServerCall<byte[], byte[]> call) {
    this.role = role;
    this.row = row;
    this.call = call;
  }

  V1Row<?, ?> row() {
    return row;
  }

  /** The id that an answer carries. */
  void sentAs(String messageId) {
    id = messageId;
  }

  @Override
  public void onMessage(byte[] message) {
    request = message;
  }

  @Override
  public void onHalfClose() {
    byte[] content = request;
    request = NOTHING;
    role.ask(this, content);
  }

  @Override
  public void onCancel() {
    String sent = id;
    if (sent != null) {
      role.forget(sent);
    }
  }

  /** Ends the call with what a message under its id says. Called once, unless {@link #fail} is. */
  void answer(V1Envelope envelope, byte[] message, int length) {
    try {
      Message answer = row.answer(parse(message, length));
      call.sendHeaders(new Metadata());
      call.sendMessage(answer.toByteArray());
      call.close(Status.OK, new Metadata());
    } catch (StatusException e) {
      call.close(e.getStatus(), new Metadata());
    } catch (IOException e) {
      call.close(
          Status.INTERNAL.withDescription(
              "the agent's answer " + envelope.payloadCase() + " cannot be read"),
          new Metadata());
    }
  }

  /** Ends the call. */
  void fail(Status status) {
    call.close(status, new Metadata());
  }

  /** Contents stay where they are instead of being copied. */
  static AgentMessage parse(byte[] bytes, int length) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes, 0, length);
    in.enableAliasing(true);
    return AgentMessage.parseFrom(in);
  }
}
