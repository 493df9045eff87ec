package com.limiquantix.agent.app.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the problems of one file, up to a bound. For one thread. */
final class Complaints {

  /** So many are listed; a file with more of them has one problem: it is no configuration. */
  static final int MAX_PROBLEMS = 100;

  private final Path file;
  private final List<ConfigProblem> problems = new ArrayList<>();

  Complaints(Path file) {
    this.file = file;
  }

  void add(@Nullable Position at, @Nullable String key, String message) {
    if (!full()) {
      problems.add(new ConfigProblem(file, at, key, message));
    }
  }

  boolean full() {
    return problems.size() >= MAX_PROBLEMS;
  }

  boolean isEmpty() {
    return problems.isEmpty();
  }

  /** Returns the problems in the order of the file, those of the whole file first. */
  List<ConfigProblem> inFileOrder() {
    List<ConfigProblem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparingInt(Complaints::line).thenComparingInt(Complaints::column));
    if (full()) {
      sorted.add(
          new ConfigProblem(
              file, null, null, "only the first " + MAX_PROBLEMS + " problems are listed"));
    }
    return sorted;
  }

  private static int line(ConfigProblem problem) {
    Position position = problem.position();
    return position == null ? 0 : position.line();
  }

  private static int column(ConfigProblem problem) {
    Position position = problem.position();
    return position == null ? 0 : position.column();
  }
}
