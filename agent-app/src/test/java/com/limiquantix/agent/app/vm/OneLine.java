package com.limiquantix.agent.app.vm;

/** What a JVM needs for as good as nothing. */
final class OneLine {
  private OneLine() {}

  /** Prints a line. */
  public static void main(String[] arguments) {
    System.out.println("one line");
  }
}
