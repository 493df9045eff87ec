package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.Timers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves the virtio-serial ports of a guest as they come and go: opens each that is there, hands
 * its link over, and opens it again after it closed. What is not there, held by another process or
 * broken is tried again after a pause of one second that grows to five.
 *
 * <p>Linux. A port that is open and has no host costs nothing until one comes.
 */
public final class DevicePorts implements AutoCloseable {
  /** The names under which a host offers the agent's channel, the preferred first. */
  public static final List<String> AGENT_NAMES =
      List.of("org.limiquantix.agent.0", "org.quantix.agent.0");

  static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final Path ROOT = Path.of("/");

  /** Stands for all ports where a reason concerns none in particular. */
  private static final String NO_PORT = "";

  /** Hears of ports. Called in the thread of the loop, one call after the other. */
  public interface Handler {
    /**
     * A port was opened. Its link is not open yet; the handler opens it or closes it, now or later.
     * If this throws, the link is closed.
     */
    void onLink(Link link);

    /**
     * A port that should be served is not, or no longer. Attempts go on; this is called again when
     * the reason has changed.
     *
     * @param reason a sentence that names the port and says what to do
     */
    void onUnavailable(String reason);
  }

  private final LinkLoop loop;
  private final Timers timers;
  private final PortFinder finder;
  private final Handler handler;
  private final Attempts looks;

  // Of the loop's thread only.
  private final Map<String, PortLink> served = new HashMap<>();
  private final Map<String, String> told = new HashMap<>();
  private long pauseNanos = FIRST_PAUSE_NANOS;

  private DevicePorts(LinkLoop loop, Timers timers, PortFinder finder, Handler handler) {
    this.loop = loop;
    this.timers = timers;
    this.finder = finder;
    this.handler = handler;
    this.looks = new Attempts(loop, timers, this::look);
  }

  /**
   * Begins to serve the ports with these names. A guest whose ports have no names at all has those
   * served.
   *
   * @param loop serves the links
   * @param timers measures the pauses
   * @param names such as {@link #AGENT_NAMES}
   */
  public static DevicePorts named(
      LinkLoop loop, Timers timers, List<String> names, Handler handler) {
    return start(loop, timers, new PortFinder.Named(ROOT, names), handler);
  }

  /**
   * Begins to serve the port at {@code device}, which need not be there yet.
   *
   * @param loop serves the link
   * @param timers measures the pauses
   */
  public static DevicePorts at(LinkLoop loop, Timers timers, Path device, Handler handler) {
    return start(loop, timers, new PortFinder.Fixed(ROOT, device), handler);
  }

  static DevicePorts start(LinkLoop loop, Timers timers, PortFinder finder, Handler handler) {
    DevicePorts ports = new DevicePorts(loop, timers, finder, handler);
    ports.looks.ask();
    return ports;
  }

  /** Ends the search. Links that were handed over stay open. Any thread, any number of times. */
  @Override
  public void close() {
    looks.close();
  }

  private void look() {
    List<PortFinder.Port> found = finder.find();
    if (!told.isEmpty()) {
      forgetReasonsOfOthers(found);
    }
    if (found.isEmpty() && served.isEmpty()) {
      tell(NO_PORT, finder.absence());
    }
    for (PortFinder.Port port : found) {
      if (!served.containsKey(port.name())) {
        open(port);
      }
    }
    if (served.size() < finder.most()) {
      lookLater();
    }
  }

  private void lookLater() {
    looks.after(pauseNanos);
    pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
  }

  /**
   * What is no longer there has no reason any more, or devices with ever new names would add up.
   */
  private void forgetReasonsOfOthers(List<PortFinder.Port> found) {
    Set<String> names = new HashSet<>();
    names.add(NO_PORT);
    for (PortFinder.Port port : found) {
      names.add(port.name());
    }
    told.keySet().retainAll(names);
  }

  private void open(PortFinder.Port port) {
    String name = port.name();
    long since = timers.nanoTime();
    PortLink link;
    try {
      link = PortLink.open(loop, port.device(), name, cause -> onFinished(name, since, cause));
    } catch (IOException e) {
      tell(name, String.valueOf(e.getMessage()));
      return;
    }
    served.put(name, link);
    told.remove(name);
    told.remove(NO_PORT);
    try {
      handler.onLink(link);
    } catch (Throwable t) {
      link.close();
      loop.report(t);
    }
  }

  /** A port that lasted is looked for soon; one that breaks again and again is not. */
  private void onFinished(String name, long since, @Nullable Throwable cause) {
    served.remove(name);
    if (looks.isClosed()) {
      return;
    }
    if (cause != null) {
      tell(name, String.valueOf(cause.getMessage()));
    }
    if (timers.nanoTime() - since >= LONGEST_PAUSE_NANOS) {
      pauseNanos = FIRST_PAUSE_NANOS;
    }
    lookLater();
  }

  private void tell(String name, String reason) {
    if (!reason.equals(told.put(name, reason))) {
      handler.onUnavailable(reason);
    }
  }
}
