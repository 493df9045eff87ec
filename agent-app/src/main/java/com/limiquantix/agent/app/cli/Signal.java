package com.limiquantix.agent.app.cli;

/** The signals that ask a program to end; numbers from signal(7). */
enum Signal {
  HUP(1),
  INT(2),
  TERM(15);

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
