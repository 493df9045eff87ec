package com.limiquantix.agent.security.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What holds for the text of every path in a policy. */
final class Paths {
  private Paths() {}

  /** What is wrong with a rule's path, or empty. */
  static Optional<String> fault(String path) {
    if (!path.startsWith("/")) {
      return Optional.of("is not an absolute path; write it from the / on");
    }
    for (String part : path.split("/", -1)) {
      if (part.equals(".") || part.equals("..")) {
        return Optional.of("has a component " + part + "; write the path that it means");
      }
    }
    if (path.indexOf('*') >= 0 || path.indexOf('?') >= 0) {
      return Optional.of("has a wildcard, which paths do not take; write the folder that is meant");
    }
    for (int i = 0; i < path.length(); i++) {
      if (Character.isISOControl(path.charAt(i))) {
        return Optional.of("has a control character, which no path may have");
      }
    }
    return Optional.empty();
  }

  /** The path with single slashes and without one at its end; the root directory is empty. */
  static String withoutEnd(String path) {
    StringBuilder out = new StringBuilder();
    for (String part : path.split("/", -1)) {
      if (!part.isEmpty()) {
        out.append('/').append(part);
      }
    }
    return out.toString();
  }

  /** What a path would mean if it led through no links; without a slash at its end. */
  static String normalized(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.remove(parts.size() - 1);
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return parts.isEmpty() ? "" : "/" + String.join("/", parts);
  }

  /**
   * Whether {@code path} is {@code above} or below it.
   *
   * @param above without a slash at its end
   */
  static boolean isWithin(String path, String above) {
    return path.startsWith(above)
        && (path.length() == above.length() || path.charAt(above.length()) == '/');
  }

  /**
   * Whether a regular file is a window to memory, where contents of denied files can be found too:
   * {@code /proc/kcore} and the {@code mem} of processes and threads.
   */
  static boolean isWindow(String path) {
    return path.equals("/proc/kcore")
        || (path.startsWith("/proc/") && (path.endsWith("/mem") || path.endsWith("/kmem")));
  }
}
