package com.limiquantix.agent.transport.link;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says which ports are there now. Looks only at /dev and /sys, which live in the kernel's memory,
 * so it may be asked in a loop's thread; one thread at a time.
 */
sealed interface PortFinder {

  /**
   * A port that is worth an attempt to open it.
   *
   * @param name what the host calls it, or the name of its device if it has none
   */
  record Port(String name, Path device) {}

  /** How many ports are to be served at most; with so many open there is nothing left to find. */
  int most();

  /** The ports that are there, the preferred first. */
  List<Port> find();

  /** What it means that none was found, and what to do. */
  String absence();

  /** One device, there or not: opening it says best what is wrong with it. */
  record Fixed(Path root, Path device) implements PortFinder {
    @Override
    public int most() {
      return 1;
    }

    @Override
    public List<Port> find() {
      String file = String.valueOf(device.getFileName());
      try {
        file = String.valueOf(device.toRealPath().getFileName());
      } catch (IOException e) {
        // Opening it tells more.
      }
      String name = KernelPorts.nameOf(KernelPorts.directory(root), file);
      return List.of(new Port(name == null ? file : name, device));
    }

    @Override
    public String absence() {
      return "There is no device " + device;
    }
  }

  /**
   * The ports with given names, by the links that udev makes, else by what the kernel says. If no
   * port has any name at all, those without one.
   */
  final class Named implements PortFinder {
    private final List<String> names;
    private final Path dev;
    private final File links;
    private final File ports;
    private final String absence;

    /**
     * A port gets its name a moment after it has appeared, and till then might be anybody's. So one
     * without a name counts from the second time on.
     */
    private Set<String> metNameless = Set.of();

    /**
     * @param root the directory that holds dev and sys: / but in tests
     */
    Named(Path root, List<String> names) {
      this.names = List.copyOf(names);
      this.dev = root.resolve("dev");
      this.links = new File(dev.toFile(), "virtio-ports");
      this.ports = KernelPorts.directory(root);
      this.absence =
          "There is no virtio-serial port named "
              + String.join(" or ", names)
              + "; add such a channel to the VM, or name the device to use";
    }

    @Override
    public int most() {
      return names.size();
    }

    @Override
    public List<Port> find() {
      List<Port> found = new ArrayList<>(names.size());
      String[] devices = null;
      for (String name : names) {
        File link = new File(links, name);
        if (link.exists()) {
          found.add(new Port(name, link.toPath()));
        } else {
          devices = devices == null ? KernelPorts.devices(ports) : devices;
          addByKernel(name, devices, found);
        }
      }
      if (devices != null && found.isEmpty()) {
        addNameless(devices, found);
      }
      return found;
    }

    private void addByKernel(String name, String[] devices, List<Port> found) {
      for (String device : devices) {
        if (name.equals(KernelPorts.nameOf(ports, device))) {
          found.add(new Port(name, dev.resolve(device)));
          return;
        }
      }
    }

    private void addNameless(String[] devices, List<Port> found) {
      Set<String> nameless = new TreeSet<>();
      for (String device : devices) {
        if (KernelPorts.nameOf(ports, device) != null) {
          metNameless = Set.of();
          return;
        }
        nameless.add(device);
      }
      for (String device : nameless) {
        if (metNameless.contains(device) && found.size() < most()) {
          found.add(new Port(device, dev.resolve(device)));
        }
      }
      metNameless = nameless;
    }

    @Override
    public String absence() {
      return absence;
    }
  }

  /** The kernel's list of virtio-serial ports, each entry named like its device in /dev. */
  final class KernelPorts {
    private static final int LONGEST_NAME_BYTES = 256;

    private KernelPorts() {}

    static File directory(Path root) {
      return root.resolve("sys/class/virtio-ports").toFile();
    }

    static String[] devices(File directory) {
      String[] devices = directory.list();
      if (devices == null) {
        return new String[0];
      }
      Arrays.sort(devices);
      return devices;
    }

    /** The name that the host gave a port; null if it gave none, or the device is no port. */
    static @Nullable String nameOf(File directory, String device) {
      File file = new File(new File(directory, device), "name");
      try (InputStream content = new FileInputStream(file)) {
        byte[] bytes = content.readNBytes(LONGEST_NAME_BYTES);
        String name = new String(bytes, StandardCharsets.UTF_8).strip();
        return name.isEmpty() ? null : name;
      } catch (IOException e) {
        // The file is made when the name becomes known.
        return null;
      }
    }
  }
}
