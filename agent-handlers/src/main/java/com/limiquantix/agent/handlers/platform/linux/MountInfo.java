package com.limiquantix.agent.handlers.platform.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads /proc/self/mountinfo, proc_pid_mountinfo(5). */
final class MountInfo {
  /** Filesystems of a report; those that are listed after them are left out. */
  static final int MAX_MOUNTS = 256;

  private static final String ROOT = "/";
  private static final String END_OF_OPTIONAL = " - ";

  private final List<Entry> all = new ArrayList<>();
  private final List<Entry> roots = new ArrayList<>();
  private final Map<Integer, List<Entry>> children = new HashMap<>();

  private MountInfo() {}

  /**
   * The filesystems that hold data and can be reached at their mount points, each once. Of several
   * mounts of one filesystem the one is taken that df(1) takes: the one with the shortest path, but
   * not one that shows a smaller part than an earlier one, unless it is the root. Lines that are
   * not understood, or not whole, are passed over.
   *
   * @param length how many of the bytes count
   */
  static List<Mount> parse(byte[] bytes, int length) {
    MountInfo info = new MountInfo();
    // A character for each byte: paths need not be UTF-8, and the system is asked by these bytes.
    String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    int start = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      Entry entry = Entry.parse(text.substring(start, end));
      if (entry != null) {
        info.all.add(entry);
      }
      start = end + 1;
    }
    info.buildTree();
    return info.mounts();
  }

  private void buildTree() {
    Map<Integer, Entry> byId = new HashMap<>();
    for (Entry entry : all) {
      byId.put(entry.id, entry);
    }
    for (Entry entry : all) {
      if (entry.parent == entry.id || !byId.containsKey(entry.parent)) {
        roots.add(entry);
        continue;
      }
      List<Entry> siblings = children.get(entry.parent);
      if (siblings == null) {
        siblings = new ArrayList<>();
        children.put(entry.parent, siblings);
      }
      siblings.add(entry);
    }
  }

  private List<Mount> mounts() {
    Map<String, Entry> byDevice = new LinkedHashMap<>();
    for (Entry entry : all) {
      Entry earlier = byDevice.get(entry.deviceNumber);
      if (entry.kind != FilesystemKind.NO_DATA
          && (earlier == null || entry.isBetterThan(earlier))
          && reach(entry)) {
        byDevice.put(entry.deviceNumber, entry);
      }
    }
    return mounts(byDevice.values());
  }

  private static List<Mount> mounts(Collection<Entry> entries) {
    List<Mount> mounts = new ArrayList<>();
    for (Entry entry : entries) {
      if (mounts.size() == MAX_MOUNTS) {
        break;
      }
      boolean mayHang = entry.kind == FilesystemKind.SERVED || entry.behindServed;
      mounts.add(
          new Mount(
              entry.id, entry.path, text(entry.path), entry.type, text(entry.device), mayHang));
    }
    return mounts;
  }

  private static String text(String raw) {
    return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /**
   * Walks from the root to the mount point of {@code wanted} as the kernel does, and notes whether
   * that leads through what others serve. False if one arrives at another mount, which hides it.
   */
  private boolean reach(Entry wanted) {
    Entry reached = null;
    List<Entry> next = roots;
    // In a true table no entry is met twice; the count ends the walk also in a false one.
    for (int step = 0; step <= all.size(); step++) {
      Entry onTheWay = nearest(next, wanted.path);
      if (onTheWay == null) {
        return reached == wanted;
      }
      if (reached != null && reached.kind == FilesystemKind.SERVED) {
        wanted.behindServed = true;
      }
      reached = onTheWay;
      next = children.getOrDefault(reached.id, List.of());
    }
    return false;
  }

  /** Of the mounts on the way to {@code path} the first one; the last of those at one place. */
  private static @Nullable Entry nearest(List<Entry> mounts, String path) {
    Entry nearest = null;
    for (Entry entry : mounts) {
      if (leadsTo(entry.path, path)
          && (nearest == null || entry.path.length() <= nearest.path.length())) {
        nearest = entry;
      }
    }
    return nearest;
  }

  private static boolean leadsTo(String directory, String path) {
    return directory.equals(ROOT)
        || (path.startsWith(directory)
            && (path.length() == directory.length() || path.charAt(directory.length()) == '/'));
  }

  /** A line of the table. */
  private static final class Entry {
    final int id;
    final int parent;
    final String deviceNumber;
    final String root;
    final String path;
    final String type;
    final String device;
    final FilesystemKind kind;
    boolean behindServed;

    private Entry(int id, int parent, String[] head, String type, String device) {
      this.id = id;
      this.parent = parent;
      deviceNumber = head[2];
      root = head[3];
      path = unescaped(head[4]);
      this.type = unescaped(type);
      this.device = unescaped(device);
      kind = FilesystemKind.of(this.type, !deviceNumber.startsWith("0:"));
    }

    boolean isBetterThan(Entry earlier) {
      return path.length() < earlier.path.length()
          && (root.length() <= earlier.root.length() || path.equals(ROOT));
    }

    /**
     * {@code 36 35 98:0 /root /path options [optional …] - type device options}, each with one
     * space between; null if it does not look so.
     */
    static @Nullable Entry parse(String line) {
      String[] head = new String[5];
      int start = 0;
      for (int i = 0; i < head.length; i++) {
        int end = line.indexOf(' ', start);
        if (end < 0) {
          return null;
        }
        head[i] = line.substring(start, end);
        start = end + 1;
      }
      int dash = line.indexOf(END_OF_OPTIONAL, start);
      if (dash < 0) {
        return null;
      }
      int type = dash + END_OF_OPTIONAL.length();
      int device = line.indexOf(' ', type) + 1;
      int end = line.indexOf(' ', device);
      if (device == 0 || end < 0) {
        return null;
      }
      try {
        return new Entry(
            Integer.parseInt(head[0]),
            Integer.parseInt(head[1]),
            head,
            line.substring(type, device - 1),
            line.substring(device, end));
      } catch (NumberFormatException e) {
        return null;
      }
    }

    /** Replaces a backslash and three octal digits by the byte that they stand for. */
    private static String unescaped(String field) {
      if (field.indexOf('\\') < 0) {
        return field;
      }
      StringBuilder plain = new StringBuilder(field.length());
      for (int i = 0; i < field.length(); i++) {
        if (field.charAt(i) == '\\' && isOctal(field, i + 1)) {
          plain.append((char) (Integer.parseInt(field, i + 1, i + 4, 8) & 0xff));
          i += 3;
        } else {
          plain.append(field.charAt(i));
        }
      }
      return plain.toString();
    }

    private static boolean isOctal(String field, int from) {
      if (from + 3 > field.length()) {
        return false;
      }
      for (int i = from; i < from + 3; i++) {
        if (field.charAt(i) < '0' || field.charAt(i) > '7') {
          return false;
        }
      }
      return true;
    }
  }
}
