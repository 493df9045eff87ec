package com.limiquantix.agent.app.health;

import com.limiquantix.agent.handlers.event.EventBus;
import com.limiquantix.agent.handlers.health.HealthHandler;
import com.limiquantix.agent.protocol.v1.ErrorEvent;
import com.limiquantix.agent.protocol.v1.ErrorSeverity;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of each change in the agent's health once: the health service and who watches it, hosts by
 * an event, the log, and whoever shows the state of services. One thread.
 */
public final class HealthReport implements SelfCheck.Listener {
  /** Code of the event that tells what is wrong; later subscribers hear of it too. */
  public static final String UNHEALTHY = "AGENT_UNHEALTHY";

  /** Code of the event that tells that nothing is wrong any more. */
  public static final String HEALTHY = "AGENT_HEALTHY";

  /** Stands for the agent as a whole in the details of the event. */
  private static final String WHOLE = "agent";

  private static final Logger LOG = LoggerFactory.getLogger(HealthReport.class);

  private final HealthHandler health;
  private final EventBus events;
  private final @Nullable String locked;
  private final Consumer<String> summary;
  private Map<String, String> told = Map.of();

  /**
   * @param locked why the agent is locked, or null if it is not
   * @param summary takes the state in a line at each change; must not wait
   */
  public HealthReport(
      HealthHandler health, EventBus events, @Nullable String locked, Consumer<String> summary) {
    this.health = health;
    this.events = events;
    this.locked = locked;
    this.summary = summary;
  }

  /** The state, in a line, of an agent with which nothing is wrong. */
  public static String summaryOfHealthy(boolean locked) {
    return locked ? "Locked: the configuration is refused" : "Serving the host";
  }

  /** Says that all serve, but for an agent that is locked. */
  public void begin(Iterable<String> services) {
    for (String service : services) {
      health.serves(service);
    }
    tellWhole(Map.of());
  }

  @Override
  public void onChange(Map<String, String> problems) {
    tellStatuses(problems);
    events.withdraw(UNHEALTHY);
    if (problems.isEmpty()) {
      LOG.info("the agent is healthy again");
      tellHealthy("the agent is healthy again");
      return;
    }
    String sentence = "the agent is not healthy: " + joined(problems);
    LOG.warn("{}", sentence);
    ErrorEvent.Builder event =
        event(
            UNHEALTHY,
            ErrorSeverity.ERROR_SEVERITY_ERROR,
            sentence + "; if that lasts, restart the agent");
    problems.forEach(
        (service, reason) ->
            event.putDetails(service.equals(HealthHandler.AGENT) ? WHOLE : service, reason));
    events.postStanding(event.build());
  }

  @Override
  public void onUnwatched() {
    String sentence = "the agent does not watch itself any more, as its configuration says";
    LOG.info("{}", sentence);
    events.withdraw(UNHEALTHY);
    if (!told.isEmpty()) {
      tellStatuses(Map.of());
      tellHealthy(sentence);
    }
  }

  private void tellHealthy(String sentence) {
    events.post(event(HEALTHY, ErrorSeverity.ERROR_SEVERITY_WARNING, sentence).build());
  }

  private void tellStatuses(Map<String, String> problems) {
    for (String service : told.keySet()) {
      if (!problems.containsKey(service) && !service.equals(HealthHandler.AGENT)) {
        health.serves(service);
      }
    }
    problems.forEach(
        (service, reason) -> {
          if (!service.equals(HealthHandler.AGENT)) {
            health.fails(service, reason);
          }
        });
    tellWhole(problems);
    told = problems;
    summary.accept(
        problems.isEmpty() ? summaryOfHealthy(locked != null) : "Not healthy: " + joined(problems));
  }

  /** The agent as a whole serves if all of it does. */
  private void tellWhole(Map<String, String> problems) {
    String reason = locked == null ? "" : locked;
    if (!problems.isEmpty()) {
      reason = reason.isEmpty() ? joined(problems) : reason + "; " + joined(problems);
    }
    if (reason.isEmpty()) {
      health.serves(HealthHandler.AGENT);
    } else {
      health.fails(HealthHandler.AGENT, reason);
    }
  }

  private static String joined(Map<String, String> problems) {
    return String.join("; ", problems.values());
  }

  private static ErrorEvent.Builder event(String code, ErrorSeverity severity, String message) {
    return ErrorEvent.newBuilder().setSeverity(severity).setCode(code).setMessage(message);
  }
}
