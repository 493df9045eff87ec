package com.limiquantix.agent.app.v1peer;

/** What an AgentMessage can hold, by the number of its field. */
public enum V1Payload {
  PING(10),
  EXECUTE(11),
  FILE_WRITE(12),
  FILE_READ(13),
  SHUTDOWN(14),
  RESET_PASSWORD(15),
  CONFIGURE_NETWORK(16),
  QUIESCE(17),
  THAW(18),
  SYNC_TIME(19),
  LIST_DIRECTORY(20),
  CREATE_DIRECTORY(21),
  FILE_DELETE(22),
  FILE_STAT(23),
  DISPLAY_RESIZE(24),
  CLIPBOARD_UPDATE(25),
  CLIPBOARD_GET(26),
  LIST_PROCESSES(27),
  KILL_PROCESS(28),
  LIST_SERVICES(29),
  SERVICE_CONTROL(30),
  GET_HARDWARE_INFO(31),
  LIST_INSTALLED_SOFTWARE(32),
  AGENT_UPDATE(33),
  GET_CAPABILITIES(34),
  TELEMETRY(100),
  AGENT_READY(101),
  ERROR(102),
  CLIPBOARD_CHANGED(103);

  private static final int ANSWER_MINUS_REQUEST = 40;

  private final int number;

  V1Payload(int number) {
    this.number = number;
  }

  /** The number of its field in AgentMessage. */
  public int number() {
    return number;
  }

  /** The number of the field that holds the answer to this request. */
  public int answer() {
    if (number >= TELEMETRY.number) {
      throw new IllegalStateException(this + " is no request");
    }
    return number + ANSWER_MINUS_REQUEST;
  }
}
