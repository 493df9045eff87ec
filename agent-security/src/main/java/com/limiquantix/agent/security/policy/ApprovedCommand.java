package com.limiquantix.agent.security.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command that policy has let through, with its program held open: whatever becomes of its name
 * meanwhile, {@link #file} is the file that was judged. To be closed once the program has been
 * executed.
 */
public final class ApprovedCommand implements AutoCloseable {
  private final Place held;
  private final String file;
  private final String program;
  private final List<String> argv;

  /**
   * @param listed the name that the allowlist lets through, which root alone can change; null where
   *     there is none
   */
  ApprovedCommand(Place held, int descriptor, List<String> argv, @Nullable String listed) {
    this.held = held;
    this.argv = List.copyOf(argv);
    String descriptors = "/proc/" + ProcessHandle.current().pid() + "/fd/";
    // In a folder that root alone can change, the name in the held folder is the held file, and
    // the process gets that name; elsewhere it gets the descriptor's number.
    file =
        held.inRootOnly() && held.parent() != null
            ? descriptors + held.parent() + "/" + held.name()
            : descriptors + descriptor;
    boolean named = held.inRootOnly() && held.names().stream().allMatch(Place.Name::rootOnly);
    if (listed != null) {
      // A program of many names does what it is called, so it is called by no other.
      program = listed;
    } else {
      program = named && !held.names().isEmpty() ? held.names().get(0).path() : held.path();
    }
  }

  /**
   * What to execute: a path by the held descriptor. It leads there for processes of the agent's own
   * user, as long as this is not closed.
   */
  public String file() {
    return file;
  }

  /** The program's path, for messages and for those who cannot use {@link #file}. */
  public String program() {
    return program;
  }

  /** Its arguments, the name it is called by first. */
  public List<String> argv() {
    return argv;
  }

  @Override
  public void close() {
    held.close();
  }
}
