package com.limiquantix.agent.handlers.event;

import com.limiquantix.agent.handlers.platform.linux.LinuxInterfaces;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a guest is, in the words of its operating system. A text that is not known is empty.
 *
 * @param osName such as {@code Debian GNU/Linux}
 * @param osVersion such as {@code 12}
 * @param kernelVersion as uname(2) says it; on Windows the version number
 * @param architecture as uname(2) says it, such as {@code x86_64}
 * @param hostname the guest's own name, which no other system is asked for
 * @param ipAddresses of the interfaces that are up, without loopback and link-local ones
 */
public record GuestFacts(
    String osName,
    String osVersion,
    String kernelVersion,
    String architecture,
    String hostname,
    List<String> ipAddresses) {

  private static final Logger LOG = LoggerFactory.getLogger(GuestFacts.class);

  /** In the order in which os-release(5) says they count. */
  private static final List<Path> OS_RELEASE =
      List.of(Path.of("/etc/os-release"), Path.of("/usr/lib/os-release"));

  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  /** More than any real file has; it bounds the memory of reading one. */
  private static final int MAX_FILE_BYTES = 64 * 1024;

  private static final int MAX_ADDRESSES = 256;

  /** Copies the list. */
  public GuestFacts {
    ipAddresses = List.copyOf(ipAddresses);
  }

  /** Asks the system that this process runs on. */
  public static GuestFacts ofThisSystem() {
    String kernel = System.getProperty("os.version", "");
    String architecture = architecture(System.getProperty("os.arch", ""));
    if (!kind().equals("linux")) {
      return new GuestFacts(
          System.getProperty("os.name", ""),
          kernel,
          kernel,
          architecture,
          System.getenv().getOrDefault("COMPUTERNAME", ""),
          addresses());
    }
    Map<String, String> release = OsRelease.parse(firstText(OS_RELEASE));
    return new GuestFacts(
        release.getOrDefault("NAME", ""),
        release.getOrDefault("VERSION_ID", ""),
        kernel,
        architecture,
        firstText(List.of(HOSTNAME)).strip(),
        addresses());
  }

  /** The kind of operating system in lower case: {@code linux}, {@code windows} or its own name. */
  public static String kind() {
    String name = System.getProperty("os.name", "").toLowerCase(java.util.Locale.ROOT);
    return name.startsWith("windows") ? "windows" : name;
  }

  /** The name that uname(2) has for what Java calls {@code name}. */
  public static String architecture(String name) {
    return name.equals("amd64") ? "x86_64" : name;
  }

  private static String firstText(List<Path> files) {
    return files.stream()
        .map(GuestFacts::text)
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // Not there or not readable: then what it says is not known.
      return "";
    }
  }

  private static List<String> addresses() {
    if (kind().equals("linux")) {
      try {
        return LinuxInterfaces.addresses(MAX_ADDRESSES);
      } catch (UnsupportedOperationException | IOException e) {
        // Then Java's own way may know more.
        LOG.debug("addresses are asked for by Java", e);
      }
    }
    List<String> found = new ArrayList<>();
    try {
      for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        if (network.isUp() && !network.isLoopback()) {
          Collections.list(network.getInetAddresses()).forEach(one -> add(found, one));
        }
      }
    } catch (SocketException e) {
      // An interface went away meanwhile, or there is none; what was found so far is true.
      return found;
    }
    return found;
  }

  private static void add(List<String> found, InetAddress address) {
    if (address.isLoopbackAddress() || address.isLinkLocalAddress()) {
      return;
    }
    if (found.size() < MAX_ADDRESSES) {
      String text = address.getHostAddress();
      int scope = text.indexOf('%');
      found.add(scope < 0 ? text : text.substring(0, scope));
    }
  }
}
