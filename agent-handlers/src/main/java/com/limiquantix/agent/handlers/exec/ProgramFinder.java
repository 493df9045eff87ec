package com.limiquantix.agent.handlers.exec;

import com.limiquantix.agent.handlers.internal.jna.Errno;
import com.limiquantix.agent.handlers.internal.jna.Posix;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import io.grpc.Status;
import io.grpc.StatusException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Finds programs as execvp(3) does and explains why one cannot be executed, which execve(2) alone
 * leaves open. Touches file systems, which may block.
 */
final class ProgramFinder {
  // BINPRM_BUF_SIZE, linux/binfmts.h: what the kernel looks at.
  private static final int HEAD_BYTES = 256;

  private final Posix posix;

  ProgramFinder(Posix posix) {
    this.posix = posix;
  }

  /** Fails unless {@code directory} is one that the agent may enter. */
  void requireDirectory(String directory) throws StatusException {
    OptionalInt errno = posix.access(directory + "/.", Posix.X_OK);
    if (errno.isPresent()) {
      throw ExecFailures.directory(directory, errno.getAsInt()).asException();
    }
  }

  /**
   * The path of a program.
   *
   * @param path the directories to look in, as PATH has them
   * @param directory where the command runs, which relative paths start from
   */
  String find(String program, String path, String directory) throws StatusException {
    if (program.indexOf('/') >= 0) {
      String file = absolute(program, directory);
      OptionalInt errno = executable(file);
      if (errno.isPresent()) {
        throw ExecFailures.program(program, errno.getAsInt()).asException();
      }
      return file;
    }
    Status refused =
        Status.NOT_FOUND.withDescription(
            "command \"" + program + "\" was not found: no such file in the directories of PATH");
    boolean found = false;
    for (String place : path.split(":", -1)) {
      String file = absolute(place.isEmpty() ? program : place + "/" + program, directory);
      OptionalInt errno = executable(file);
      if (errno.isEmpty()) {
        return file;
      }
      boolean absent = errno.getAsInt() == Errno.ENOENT || errno.getAsInt() == Errno.ENOTDIR;
      if (!absent && !found) {
        found = true;
        refused = ExecFailures.program(file, errno.getAsInt());
      }
    }
    throw refused.asException();
  }

  private static String absolute(String file, String directory) {
    return file.startsWith("/") ? file : directory + "/" + file;
  }

  private OptionalInt executable(String file) {
    OptionalInt missing = posix.access(file, Posix.F_OK);
    if (missing.isPresent()) {
      return missing;
    }
    if (posix.access(file + "/.", Posix.F_OK).isEmpty()) {
      return OptionalInt.of(Errno.EISDIR);
    }
    return posix.access(file, Posix.X_OK);
  }

  /** Why {@link #find found} program could not be executed. */
  Status explain(String file, int errno) {
    if (errno != Errno.ENOENT || posix.access(file, Posix.F_OK).isPresent()) {
      return ExecFailures.program(file, errno);
    }
    return Status.NOT_FOUND.withDescription(
        "command \""
            + file
            + "\" exists but "
            + interpreter(file)
                .map(name -> "the interpreter in its first line does not: \"" + name + "\"")
                .orElse("the loader it was built for does not: it is for another system"));
  }

  /**
   * Fails if the kernel would not know how to execute the file. For programs that another program
   * executes: those would run such a file by the shell, or tell of it in words only.
   */
  void requireKnownFormat(String file) throws StatusException {
    byte[] head = head(file);
    boolean elf =
        head.length > 3 && head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F';
    if (elf) {
      return;
    }
    Optional<String> interpreter = interpreter(file);
    if (interpreter.isEmpty()) {
      throw ExecFailures.program(file, Errno.ENOEXEC).asException();
    }
    OptionalInt missing = posix.access(interpreter.get(), Posix.F_OK);
    if (missing.isPresent() && interpreter.get().startsWith("/")) {
      throw explain(file, missing.getAsInt()).asException();
    }
  }

  private Optional<String> interpreter(String file) {
    String head = new String(head(file), StandardCharsets.UTF_8);
    if (!head.startsWith("#!")) {
      return Optional.empty();
    }
    String line = head.substring(2).split("\n", 2)[0].strip();
    return Optional.of(line.split("[ \t]", 2)[0]);
  }

  private byte[] head(String file) {
    try {
      return posix.head(file, HEAD_BYTES);
    } catch (PosixException e) {
      // A program may be executable without being readable; then there is less to tell.
      return new byte[0];
    }
  }
}
