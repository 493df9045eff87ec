package com.limiquantix.agent.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Message;
import com.limiquantix.agent.protocol.v1.AgentMessage;
import com.limiquantix.agent.protocol.v1.AgentMessage.PayloadCase;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ExecuteResponse;
import com.limiquantix.agent.protocol.v1.FileStatResponse;
import com.limiquantix.agent.protocol.v1.PingRequest;
import com.limiquantix.agent.protocol.v1.ShutdownResponse;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class V1TableTest {

  private static final FieldDescriptor ANY_PAYLOAD =
      AgentMessage.getDescriptor().findFieldByName("ping");

  static List<V1Row<?, ?>> rows() {
    return V1Table.rows();
  }

  static Stream<PayloadCase> payloads() {
    return ANY_PAYLOAD.getContainingOneof().getFields().stream()
        .map(field -> PayloadCase.forNumber(field.getNumber()));
  }

  @Test
  void everyRequestHasExactlyOneRow() {
    assertThat(rows().stream().map(V1Row::requestCase))
        .containsExactlyElementsOf(payloadsNumbered(10, 49));
  }

  @Test
  void everyAnswerHasExactlyOneRow() {
    assertThat(rows().stream().map(V1Row::answerCase))
        .containsExactlyElementsOf(payloadsNumbered(50, 99));
  }

  @Test
  void allOtherPayloadsArePushes() {
    assertThat(V1Table.pushes()).containsExactlyElementsOf(payloadsNumbered(100, 1000));
  }

  @Test
  void everyV1MethodHasExactlyOneRow() throws Exception {
    List<MethodDescriptor> declared =
        ProtoFiles.methods(ProtoFiles.descriptors("limiquantix.agent.v1"));
    assertThat(rows().stream().map(row -> row.method().getFullMethodName()))
        .containsExactlyInAnyOrderElementsOf(declared.stream().map(ProtoFiles::fullName).toList());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theMethodIsUnaryAndHasTheTypesOfThePayloads(V1Row<?, ?> row) {
    MethodDescriptor method =
        ((ProtoMethodDescriptorSupplier) row.method().getSchemaDescriptor()).getMethodDescriptor();
    assertThat(row.method().getType()).isEqualTo(MethodType.UNARY);
    assertThat(method.getInputType()).isSameAs(typeOf(row.requestCase()));
    assertThat(method.getOutputType()).isSameAs(typeOf(row.answerCase()));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void aPayloadFindsItsRowAndNoOther(PayloadCase payload) {
    V1Table.byRequest(payload).ifPresent(row -> assertThat(row.requestCase()).isEqualTo(payload));
    V1Table.byAnswer(payload).ifPresent(row -> assertThat(row.answerCase()).isEqualTo(payload));
    long found =
        Stream.of(
                V1Table.byRequest(payload).isPresent(),
                V1Table.byAnswer(payload).isPresent(),
                V1Table.pushes().contains(payload))
            .filter(present -> present)
            .count();
    assertThat(found).isEqualTo(1);
  }

  @Test
  void anUnknownPayloadOrMethodHasNoRow() {
    assertThat(V1Table.byRequest(PayloadCase.PAYLOAD_NOT_SET)).isEmpty();
    assertThat(V1Table.byAnswer(PayloadCase.PAYLOAD_NOT_SET)).isEmpty();
    assertThat(V1Table.byMethod("limiquantix.agent.v2.EventService/Subscribe")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aRequestAndItsAnswerSurviveTheWay(V1Row<?, ?> row) throws Exception {
    assertThat(V1Table.byMethod(row.method().getFullMethodName())).contains(row);
    assertRequestAndAnswerSurvive(row);
  }

  private static <Q extends Message, A extends Message> void assertRequestAndAnswerSurvive(
      V1Row<Q, A> row) throws Exception {
    Q request =
        ((PrototypeMarshaller<Q>) row.method().getRequestMarshaller()).getMessagePrototype();
    AgentMessage.Builder asked = AgentMessage.newBuilder().setMessageId("7");
    row.putRequest(asked, request);
    AgentMessage question = AgentMessage.parseFrom(asked.build().toByteString());
    assertThat(question.getMessageId()).isEqualTo("7");
    assertThat(question.getPayloadCase()).isEqualTo(row.requestCase());
    assertThat(row.request(question)).isEqualTo(request);

    A answer = succeeded(row);
    AgentMessage.Builder answered = AgentMessage.newBuilder().setMessageId("7");
    row.putAnswer(answered, answer);
    AgentMessage reply = AgentMessage.parseFrom(answered.build().toByteString());
    assertThat(reply.getMessageId()).isEqualTo("7");
    assertThat(reply.getPayloadCase()).isEqualTo(row.answerCase());
    assertThat(row.answer(reply)).isEqualTo(answer);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aFailureKeepsItsCodeAndText(V1Row<?, ?> row) throws Exception {
    for (Status.Code code : EnumSet.complementOf(EnumSet.of(Status.Code.OK))) {
      Status sent = code.toStatus().withDescription("no entry: \u00fc\n" + code);
      Status received = failureOf(row, reply(row, sent));
      assertThat(received.getCode()).isEqualTo(code);
      assertThat(received.getDescription()).isEqualTo(sent.getDescription());
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aFailureWithoutAReasonKeepsItsCodeAndNamesTheOperation(V1Row<?, ?> row) throws Exception {
    Status received = failureOf(row, reply(row, Status.ABORTED));
    assertThat(received.getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(received.getDescription()).contains(fieldOf(row.requestCase()).getName());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aFailureIsReadableForAPeerThatKnowsOnlyTheFieldTable(V1Row<?, ?> row) throws Exception {
    AgentMessage reply = reply(row, Status.NOT_FOUND.withDescription("no such file: /x"));
    Message payload = (Message) reply.getField(fieldOf(reply.getPayloadCase()));
    if (Set.of(PayloadCase.PONG, PayloadCase.GET_CAPABILITIES_RESPONSE)
        .contains(row.answerCase())) {
      assertThat(reply.getError().getCode()).isEqualTo("NOT_FOUND");
      assertThat(reply.getError().getMessage()).isEqualTo("no such file: /x");
      return;
    }
    assertThat(reply.getPayloadCase()).isEqualTo(row.answerCase());
    assertThat(get(payload, "error")).isEqualTo("NOT_FOUND: no such file: /x");
    switch (row.answerCase()) {
      case EXECUTE_RESPONSE -> assertThat(get(payload, "exit_code")).isEqualTo(-1);
      case SHUTDOWN_RESPONSE -> assertThat(get(payload, "accepted")).isEqualTo(false);
      default -> assertThat(get(payload, "success")).isEqualTo(false);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void okIsNotAFailure(V1Row<?, ?> row) {
    assertThatThrownBy(() -> row.putFailure(AgentMessage.newBuilder(), Status.OK))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void anAnswerToSomethingElseIsAFailure(V1Row<?, ?> row) {
    for (AgentMessage stray :
        List.of(
            AgentMessage.getDefaultInstance(),
            AgentMessage.newBuilder().setPing(PingRequest.getDefaultInstance()).build())) {
      Status status = failureOf(row, stray);
      assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
      assertThat(status.getDescription()).contains(fieldOf(row.requestCase()).getName());
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aMessageThatIsNotTheRequestIsRefused(V1Row<?, ?> row) {
    assertThatThrownBy(() -> row.request(AgentMessage.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anOkCallWhoseAnswerSaysThatItFailedIsRefused() {
    V1Row<?, ?> stat = V1Table.byRequest(PayloadCase.FILE_STAT).orElseThrow();
    assertRefused(stat, FileStatResponse.getDefaultInstance());
    V1Row<?, ?> shutdown = V1Table.byRequest(PayloadCase.SHUTDOWN).orElseThrow();
    assertRefused(shutdown, ShutdownResponse.getDefaultInstance());
  }

  @Test
  void aDeployedAgentsOwnWordsArriveAsUnknown() {
    V1Row<?, ?> stat = V1Table.byRequest(PayloadCase.FILE_STAT).orElseThrow();
    for (String words : List.of("stat /x: no such file", "OK: not really", "not_found: /x")) {
      Status status = failureOf(stat, failedStat(words));
      assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
      assertThat(status.getDescription()).isEqualTo(words);
    }
  }

  @Test
  void aFailureWithoutWordsIsStillAFailure() {
    V1Row<?, ?> stat = V1Table.byRequest(PayloadCase.FILE_STAT).orElseThrow();
    Status status = failureOf(stat, failedStat(""));
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription()).contains("file_stat");
  }

  @Test
  void anEndlessErrorIsCutAndNeverWithinACharacter() {
    V1Row<?, ?> stat = V1Table.byRequest(PayloadCase.FILE_STAT).orElseThrow();
    for (String lead : List.of("", "x")) {
      Status status =
          failureOf(stat, failedStat(lead + "\ud83d\ude00".repeat(Limits.V1_MAX_ERROR_CHARS)));
      assertThat(status.getDescription())
          .hasSizeBetween(Limits.V1_MAX_ERROR_CHARS - 1, Limits.V1_MAX_ERROR_CHARS)
          .endsWith("\ud83d\ude00");
    }
  }

  @Test
  void anErrorEventWithItsOwnCodeKeepsIt() {
    V1Row<?, ?> ping = V1Table.byRequest(PayloadCase.PING).orElseThrow();
    ErrorEvent event = ErrorEvent.newBuilder().setCode("LOCKED").setMessage("line 3").build();
    Status status = failureOf(ping, AgentMessage.newBuilder().setError(event).build());
    assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(status.getDescription()).isEqualTo("LOCKED: line 3");
  }

  @Test
  void aRequestThatIsNotKnownIsAnsweredByAnErrorThatAnyRowUnderstands() {
    AgentMessage.Builder reply = AgentMessage.newBuilder();
    V1Table.putError(reply, Status.UNIMPLEMENTED.withDescription("payload 35"));
    for (V1Row<?, ?> row : V1Table.rows()) {
      assertThat(failureOf(row, reply.build()).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  @Test
  void aCommandThatRanIsAnAnswerWhateverItsExitCode() throws Exception {
    for (ExecuteResponse ran :
        List.of(
            ExecuteResponse.newBuilder().setExitCode(-1).build(),
            ExecuteResponse.newBuilder().setExitCode(127).setError("odd").build(),
            ExecuteResponse.newBuilder()
                .setExitCode(-1)
                .setTimedOut(true)
                .setStdout("so far")
                .setError("timed out")
                .build())) {
      AgentMessage reply = AgentMessage.newBuilder().setExecuteResponse(ran).build();
      V1Row<?, ?> execute = V1Table.byRequest(PayloadCase.EXECUTE).orElseThrow();
      assertThat((Message) execute.answer(reply)).isEqualTo(ran);
    }
  }

  private static Iterable<PayloadCase> payloadsNumbered(int first, int last) {
    return payloads()
        .filter(payload -> payload.getNumber() >= first && payload.getNumber() <= last)
        .toList();
  }

  private static AgentMessage reply(V1Row<?, ?> row, Status status) throws Exception {
    AgentMessage.Builder reply = AgentMessage.newBuilder().setMessageId("7");
    row.putFailure(reply, status);
    return AgentMessage.parseFrom(reply.build().toByteString());
  }

  private static Status failureOf(V1Row<?, ?> row, AgentMessage reply) {
    StatusException failure = catchThrowableOfType(StatusException.class, () -> row.answer(reply));
    assertThat(failure).as("%s", row).isNotNull();
    return failure.getStatus();
  }

  private static AgentMessage failedStat(String error) {
    return AgentMessage.newBuilder()
        .setFileStatResponse(FileStatResponse.newBuilder().setError(error))
        .build();
  }

  private static <A extends Message> void assertRefused(V1Row<?, A> row, Message answer) {
    A typed =
        ((PrototypeMarshaller<A>) row.method().getResponseMarshaller())
            .getMessageClass()
            .cast(answer);
    assertThatThrownBy(() -> row.putAnswer(AgentMessage.newBuilder(), typed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(row.method().getFullMethodName());
  }

  /** An answer of a row's type that says that the call succeeded. */
  private static <A extends Message> A succeeded(V1Row<?, A> row) {
    PrototypeMarshaller<A> answers = (PrototypeMarshaller<A>) row.method().getResponseMarshaller();
    Message.Builder answer = answers.getMessagePrototype().newBuilderForType();
    for (String flag : List.of("success", "accepted")) {
      FieldDescriptor field = answer.getDescriptorForType().findFieldByName(flag);
      if (field != null) {
        answer.setField(field, true);
      }
    }
    return answers.getMessageClass().cast(answer.build());
  }

  private static Object get(Message message, String field) {
    return message.getField(message.getDescriptorForType().findFieldByName(field));
  }

  private static Descriptor typeOf(PayloadCase payload) {
    return fieldOf(payload).getMessageType();
  }

  private static FieldDescriptor fieldOf(PayloadCase payload) {
    return AgentMessage.getDescriptor().findFieldByNumber(payload.getNumber());
  }
}
