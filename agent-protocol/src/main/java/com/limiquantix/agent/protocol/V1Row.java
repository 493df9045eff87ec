package com.limiquantix.agent.protocol;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusException;

/**
 * A row of {@link V1Table}: the request and the answer of version 1 that make up one gRPC method,
 * and how an outcome of that method travels in the answer. Immutable; usable by any thread.
 *
 * <p>An answer holds either a result or a failure. A failure is {@code success = false} ({@code
 * accepted = false} for a shutdown; for a command that could not be started {@code exit_code = -1})
 * and in {@code error} the name of the status code and its description. Pong and capabilities have
 * no place for one: there an {@code ErrorEvent} under the id of the request takes the place of the
 * answer, so that the caller is not left waiting and cannot take a failure for a sign of life.
 *
 * @param <Q> the request
 * @param <A> the answer
 */
public final class V1Row<Q extends Message, A extends Message> {

  private final PayloadCase requestCase;
  private final PayloadCase answerCase;
  private final MethodDescriptor<Q, A> method;
  private final PrototypeMarshaller<Q> requests;
  private final PrototypeMarshaller<A> answers;
  private final FieldDescriptor requestField;
  private final FieldDescriptor answerField;
  private final V1Verdict verdict;

  private V1Row(PayloadCase request, PayloadCase answer, MethodDescriptor<Q, A> method) {
    this.requestCase = request;
    this.answerCase = answer;
    this.method = method;
    this.requests = (PrototypeMarshaller<Q>) method.getRequestMarshaller();
    this.answers = (PrototypeMarshaller<A>) method.getResponseMarshaller();
    this.requestField = AgentMessage.getDescriptor().findFieldByNumber(request.getNumber());
    this.answerField = AgentMessage.getDescriptor().findFieldByNumber(answer.getNumber());
    this.verdict = V1Verdict.of(answerField.getMessageType());
  }

  static <Q extends Message, A extends Message> V1Row<Q, A> of(
      PayloadCase request, PayloadCase answer, MethodDescriptor<Q, A> method) {
    return new V1Row<>(request, answer, method);
  }

  /** The payload of the request, numbered 10 to 49. */
  public PayloadCase requestCase() {
    return requestCase;
  }

  /** The payload of the answer, numbered 50 to 99. */
  public PayloadCase answerCase() {
    return answerCase;
  }

  /** The unary method that the pair stands for. */
  public MethodDescriptor<Q, A> method() {
    return method;
  }

  /**
   * Makes a message this request.
   *
   * @param to gets the payload; its id and time are left alone
   */
  public void putRequest(AgentMessage.Builder to, Q request) {
    to.setField(requestField, request);
  }

  /**
   * The request in a message.
   *
   * @throws IllegalArgumentException if the message holds anything else
   */
  public Q request(AgentMessage message) {
    if (message.getPayloadCase() != requestCase) {
      throw new IllegalArgumentException(
          "expected a " + requestCase + " message, got " + message.getPayloadCase());
    }
    return requests.getMessageClass().cast(message.getField(requestField));
  }

  /**
   * Makes a message the answer of a call that ended with OK.
   *
   * @param to gets the payload; its id and time are left alone
   * @param answer what the call answered, with {@code success} or {@code accepted} set
   * @throws IllegalArgumentException if the answer says that the call failed: what fails ends with
   *     a status other than OK
   */
  public void putAnswer(AgentMessage.Builder to, A answer) {
    if (verdict.failed(answer)) {
      throw new IllegalArgumentException(
          method.getFullMethodName() + " ended with OK, but its answer says that it failed");
    }
    to.setField(answerField, answer);
  }

  /**
   * Makes a message the answer of a call that failed.
   *
   * @param to gets the payload; its id and time are left alone
   * @param status how the call ended; its cause is not passed on
   * @throws IllegalArgumentException if the status is OK
   */
  public void putFailure(AgentMessage.Builder to, Status status) {
    if (verdict == V1Verdict.NONE) {
      to.setError(V1Errors.event(status));
    } else {
      to.setField(answerField, verdict.failure(answers.getMessagePrototype(), status));
    }
  }

  /**
   * The answer in a message that came back under the id of a request.
   *
   * @throws StatusException if the peer says that the call failed: with the code that the text
   *     begins with, as {@link #putFailure} writes it, or UNKNOWN when it begins with none;
   *     INTERNAL if the message is not an answer to this request
   */
  public A answer(AgentMessage message) throws StatusException {
    PayloadCase payload = message.getPayloadCase();
    if (payload == PayloadCase.ERROR) {
      throw V1Errors.status(message.getError(), operation()).asException();
    }
    if (payload != answerCase) {
      throw Status.INTERNAL
          .withDescription("the agent answered " + operation() + " with " + name(payload))
          .asException();
    }
    A answer = answers.getMessageClass().cast(message.getField(answerField));
    if (verdict.failed(answer)) {
      throw V1Errors.status(verdict.error(answer), operation()).asException();
    }
    return answer;
  }

  @Override
  public String toString() {
    return operation() + " -> " + answerField.getName() + ": " + method.getFullMethodName();
  }

  private String operation() {
    return requestField.getName();
  }

  private static String name(PayloadCase payload) {
    FieldDescriptor field = AgentMessage.getDescriptor().findFieldByNumber(payload.getNumber());
    return field == null ? "a payload that is not known" : field.getName();
  }
}
