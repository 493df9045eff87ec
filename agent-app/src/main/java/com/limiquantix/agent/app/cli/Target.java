package com.limiquantix.agent.app.cli;

import java.nio.file.Path;

/** Which agent is meant, as the user named it. */
sealed interface Target {

  /** How messages name it, such as {@code VM web-1}; as the user wrote it, not yet escaped. */
  String describe();

  /**
   * Whatever agent answers on a unix socket.
   *
   * @param path the socket, absolute or relative to the working directory
   */
  record UnixSocket(Path path) implements Target {
    @Override
    public String describe() {
      return "unix:" + path;
    }
  }

  /**
   * A virtual machine of this host.
   *
   * @param id its id, already found valid
   * @param socket the one socket that belongs to it
   */
  record VirtualMachine(String id, Path socket) implements Target {
    @Override
    public String describe() {
      return "VM " + id;
    }
  }
}
