package com.limiquantix.agent.app;

/** What signals ask of the process: to end, or to read its configuration again. Thread-safe. */
final class Requests {
  /** What to do next. */
  enum Request {
    RELOAD,
    STOP
  }

  private boolean stop;
  private boolean reload;

  synchronized void stop() {
    stop = true;
    notifyAll();
  }

  /** Several before the first is seen are one. */
  synchronized void reload() {
    reload = true;
    notifyAll();
  }

  synchronized boolean stopping() {
    return stop;
  }

  /** Waits for a request; once it is asked to stop, there is no other. */
  synchronized Request next() throws InterruptedException {
    while (!stop && !reload) {
      wait();
    }
    reload = false;
    return stop ? Request.STOP : Request.RELOAD;
  }
}
