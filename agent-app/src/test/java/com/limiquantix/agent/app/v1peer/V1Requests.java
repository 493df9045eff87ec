package com.limiquantix.agent.app.v1peer;

/** Requests that tests send again and again. */
public final class V1Requests {
  private V1Requests() {}

  /** A line for the shell; the answer comes when it has ended. */
  public static ProtoWriter shell(String line) {
    return new ProtoWriter()
        .text(V1Fields.Execute.COMMAND, line)
        .yes(V1Fields.Execute.WAIT_FOR_EXIT);
  }

  /** A program with arguments. */
  public static ProtoWriter program(String path, String... args) {
    ProtoWriter request = shell(path);
    for (String arg : args) {
      request.text(V1Fields.Execute.ARGS, arg);
    }
    return request;
  }

  /** A ping. */
  public static ProtoWriter ping(long sequence) {
    return new ProtoWriter().number(V1Fields.Ping.SEQUENCE, sequence);
  }

  /** A request without fields. */
  public static ProtoWriter empty() {
    return new ProtoWriter();
  }
}
