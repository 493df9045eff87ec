package com.limiquantix.agent.app.health;

import com.limiquantix.agent.handlers.telemetry.TelemetryFeed;
import com.limiquantix.agent.protocol.v2.EventServiceGrpc;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Whether those who asked for telemetry get it. Where nobody asks there is nothing to miss. */
final class TelemetryCheck implements HealthCheck {
  private final TelemetryFeed feed;
  private final LongSupplier limitSecs;

  /**
   * @param limitSecs the longest silence that is no fault, in seconds; may change
   */
  public TelemetryCheck(TelemetryFeed feed, LongSupplier limitSecs) {
    this.feed = feed;
    this.limitSecs = limitSecs;
  }

  @Override
  public void look(long now, long since, Problems problems) {
    long limit = limitSecs.getAsLong();
    if (feed.isSilent(TimeUnit.SECONDS.toNanos(limit), since)) {
      problems.add(
          EventServiceGrpc.SERVICE_NAME,
          "there has been no telemetry for more than " + limit + " s, though a host asked for it");
    }
  }
}
