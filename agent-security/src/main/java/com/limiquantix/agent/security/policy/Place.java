package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.security.internal.jna.FileCalls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a path has led: held descriptors of the file and of its directory. For one thread; closed
 * by whoever asked for it.
 */
final class Place implements AutoCloseable {
  /**
   * A name that was met at the end of the path: the one asked for, each link it led through, and
   * the file's own, which is the last.
   *
   * @param directory path of the directory that holds the name, without links
   * @param rootOnly whether root alone can change that directory and those above
   */
  record Name(String directory, String name, boolean rootOnly) {
    String path() {
      return (directory.equals("/") ? "" : directory) + "/" + name;
    }
  }

  private final FileCalls calls;
  private final @Nullable Integer parent;
  private final String name;
  private final @Nullable Integer descriptor;
  private final @Nullable FileStatus status;
  private final String path;
  private final List<Name> names;
  private final boolean inRootOnly;
  private final List<FileStatus.Id> ids;
  private boolean closed;

  Place(
      FileCalls calls,
      @Nullable Integer parent,
      String name,
      @Nullable Integer descriptor,
      @Nullable FileStatus status,
      String path,
      List<Name> names,
      boolean inRootOnly,
      List<FileStatus.Id> ids) {
    this.calls = calls;
    this.parent = parent;
    this.name = name;
    this.descriptor = descriptor;
    this.status = status;
    this.path = path;
    this.names = List.copyOf(names);
    this.inRootOnly = inRootOnly;
    this.ids = List.copyOf(ids);
  }

  /** The directory that holds it (O_PATH); null for the root directory. */
  @Nullable Integer parent() {
    return parent;
  }

  /** Its name in that directory; empty for the root directory. */
  String name() {
    return name;
  }

  /** The file itself (O_PATH); null if there is none of that name. */
  @Nullable Integer descriptor() {
    return descriptor;
  }

  @Nullable FileStatus status() {
    return status;
  }

  /** Absolute path without links, dots and doubled slashes. */
  String path() {
    return path;
  }

  /** Names at the end of the path, in the order in which they were met. */
  List<Name> names() {
    return names;
  }

  /** Whether all directories above belong to root, and root alone may write to them. */
  boolean inRootOnly() {
    return inRootOnly;
  }

  /** The directories above from the root on, and the file itself if it exists. */
  List<FileStatus.Id> ids() {
    return ids;
  }

  /** Whether root alone decides what is executed or read here. */
  boolean isRootOnly() {
    return inRootOnly && status != null && status.isOnlyWritableBy(0);
  }

  /** A second call does nothing: the numbers may be somebody else's by then. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (parent != null) {
      calls.close(parent);
    }
    if (descriptor != null) {
      calls.close(descriptor);
    }
  }
}
