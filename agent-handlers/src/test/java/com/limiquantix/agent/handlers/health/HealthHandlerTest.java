package com.limiquantix.agent.handlers.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.limiquantix.agent.protocol.health.v1.HealthCheckRequest;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse;
import com.limiquantix.agent.protocol.health.v1.HealthCheckResponse.ServingStatus;
import com.limiquantix.agent.protocol.health.v1.HealthGrpc;
import com.limiquantix.agent.protocol.health.v1.HealthListRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Check, List and Watch over real stubs; all runs in the test's thread. */
final class HealthHandlerTest {
  private static final String EXEC = "limiquantix.agent.v1.ExecService";

  private Optional<String> standstill = Optional.empty();
  private final HealthHandler health = new HealthHandler(() -> standstill);
  private final Server server;
  private final ManagedChannel channel;

  HealthHandlerTest() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(health).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    health.serves(HealthHandler.AGENT);
    health.fails(EXEC, "it is broken");
  }

  @AfterEach
  void end() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void check_tellsHowAServiceAndTheAgentAre() {
    assertThat(check(HealthHandler.AGENT)).isEqualTo(ServingStatus.SERVING);
    assertThat(check(EXEC)).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void givenNobodyCouldSayHowTheAgentIs_thenCheckAndListTellThatOfTheAgentAlone() {
    standstill = Optional.of("time stands still");

    assertThat(HealthGrpc.newBlockingStub(channel).check(request(HealthHandler.AGENT)).getReason())
        .isEqualTo("time stands still");
    health.serves(EXEC);
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .list(HealthListRequest.getDefaultInstance())
                .getStatusesMap())
        .containsEntry(HealthHandler.AGENT, HealthHandler.failure("time stands still"))
        .containsEntry(EXEC, HealthHandler.response(ServingStatus.SERVING));
  }

  @Test
  void givenAnUnknownService_checkFailsAsNotFound() {
    assertThatThrownBy(() -> check("nobody"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
  }

  @Test
  void list_namesAll() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .list(HealthListRequest.getDefaultInstance())
                .getStatusesMap())
        .containsOnlyKeys(HealthHandler.AGENT, EXEC)
        .containsEntry(EXEC, HealthHandler.failure("it is broken"));
  }

  @Test
  void watch_tellsTheStateAndEveryChangeOnce() {
    Watcher watcher = watch(EXEC, Integer.MAX_VALUE);

    health.serves(EXEC);
    health.serves(EXEC);
    health.fails(HealthHandler.AGENT, "it is broken");
    health.fails(EXEC, "it is broken");

    assertThat(watcher.seen)
        .containsExactly(
            ServingStatus.NOT_SERVING, ServingStatus.SERVING, ServingStatus.NOT_SERVING);
  }

  @Test
  void givenAnUnknownService_watchTellsSoAndItsStateOnceItAppears() {
    Watcher watcher = watch("later", Integer.MAX_VALUE);

    health.serves("later");

    assertThat(watcher.seen).containsExactly(ServingStatus.SERVICE_UNKNOWN, ServingStatus.SERVING);
  }

  @Test
  void givenAWatcherThatReadsNothing_whenMuchChanges_thenOnlyTheNewestWaits() {
    Watcher slow = watch(EXEC, 0);

    for (int i = 0; i < 100; i++) {
      health.serves(EXEC);
      health.fails(EXEC, "it is broken");
    }
    health.serves(EXEC);
    slow.call.orElseThrow().request(10);

    assertThat(slow.seen).containsExactly(ServingStatus.SERVING);
  }

  @Test
  void givenAsManyWatchesAsAllowed_whenOneEnds_thenAnotherFits() {
    List<Watcher> open =
        Stream.generate(() -> watch(EXEC, 1)).limit(HealthHandler.MAX_WATCHES).toList();

    assertThat(watch(EXEC, 1).end.map(Status::getCode)).contains(Status.Code.RESOURCE_EXHAUSTED);
    open.get(0).call.orElseThrow().cancel("enough", null);
    assertThat(watch(EXEC, 1).end).isEmpty();
  }

  @Test
  void whenTheAgentStops_thenWatchersSeeItAndTheirCallsEnd() {
    Watcher watcher = watch(HealthHandler.AGENT, Integer.MAX_VALUE);

    health.close();

    assertThat(watcher.seen).containsExactly(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
    assertThat(watcher.end.map(Status::getCode)).contains(Status.Code.UNAVAILABLE);
    assertThat(check(HealthHandler.AGENT)).isEqualTo(ServingStatus.NOT_SERVING);
  }

  private ServingStatus check(String service) {
    return HealthGrpc.newBlockingStub(channel).check(request(service)).getStatus();
  }

  private Watcher watch(String service, int demand) {
    Watcher watcher = new Watcher(demand);
    HealthGrpc.newStub(channel).watch(request(service), watcher);
    return watcher;
  }

  private static HealthCheckRequest request(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  /** Reads as much as it is told to. */
  private static final class Watcher
      implements ClientResponseObserver<HealthCheckRequest, HealthCheckResponse> {
    final List<ServingStatus> seen = new ArrayList<>();
    Optional<Status> end = Optional.empty();
    Optional<ClientCallStreamObserver<HealthCheckRequest>> call = Optional.empty();
    private final int demand;

    Watcher(int demand) {
      this.demand = demand;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<HealthCheckRequest> started) {
      started.disableAutoRequestWithInitial(demand);
      call = Optional.of(started);
    }

    @Override
    public void onNext(HealthCheckResponse response) {
      seen.add(response.getStatus());
    }

    @Override
    public void onError(Throwable fault) {
      end = Optional.of(Status.fromThrowable(fault));
    }

    @Override
    public void onCompleted() {
      end = Optional.of(Status.OK);
    }
  }
}
