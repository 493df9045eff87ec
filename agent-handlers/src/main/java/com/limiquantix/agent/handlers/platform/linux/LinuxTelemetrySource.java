package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.DirectoryEntries;
import com.limiquantix.agent.handlers.internal.jna.JnaStatVfs;
import com.limiquantix.agent.handlers.internal.jna.NetworkDevices;
import com.limiquantix.agent.handlers.internal.jna.PosixException;
import com.limiquantix.agent.handlers.internal.jna.StatVfs;
import com.limiquantix.agent.handlers.telemetry.CpuTimes;
import com.limiquantix.agent.handlers.telemetry.TelemetrySource;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Telemetry of a Linux guest from proc(5), statvfs(3), getifaddrs(3) and ioctl(2). Files are opened
 * once and read into the same bytes every time, because this runs for as long as the guest does.
 */
public final class LinuxTelemetrySource implements TelemetrySource {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxTelemetrySource.class);

  private static final Path PROC = Path.of("/proc");

  /** How long all filesystems that others serve have for their answers. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** Holds the first line of /proc/stat, the only one that is wanted: ten numbers of 20 digits. */
  private static final int STAT_BYTES = 512;

  private static final int MEM_INFO_BYTES = 8 * 1024;
  private static final int SHORT_FILE_BYTES = 256;
  private static final int NET_DEV_BYTES = 4 * 1024;

  /** Well over {@link LinuxInterfaces#MAX_INTERFACES} lines. */
  private static final int MAX_NET_DEV_BYTES = 128 * 1024;

  private static final int ENTRIES_BYTES = 32 * 1024;
  private static final byte[] NO_HOSTNAME = AsciiScanner.ascii("(none)");

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final ProcFile stat;
  private final ProcFile memInfo;
  private final ProcFile loadAverage;
  private final ProcFile uptime;
  private final ProcFile hostname;
  private final ProcFile netDev;
  private final DirectoryEntries processes;
  private final Filesystems filesystems;
  private final NetworkDevices devices;
  private final ByteBuffer entries =
      ByteBuffer.allocate(ENTRIES_BYTES).order(ByteOrder.nativeOrder());

  /**
   * Opens what is in {@code proc}.
   *
   * @param devices closed by this source, also if that cannot be made
   * @param patience how long filesystems that others serve have for their answers
   */
  LinuxTelemetrySource(Path proc, StatVfs statVfs, NetworkDevices devices, Duration patience)
      throws IOException {
    this.devices = opened(devices);
    boolean complete = false;
    try {
      stat = opened(new ProcFile(proc.resolve("stat"), STAT_BYTES, STAT_BYTES));
      memInfo = opened(new ProcFile(proc.resolve("meminfo"), MEM_INFO_BYTES, MEM_INFO_BYTES));
      loadAverage = shortFile(proc.resolve("loadavg"));
      uptime = shortFile(proc.resolve("uptime"));
      hostname = shortFile(proc.resolve("sys/kernel/hostname"));
      netDev = opened(new ProcFile(proc.resolve("net/dev"), NET_DEV_BYTES, MAX_NET_DEV_BYTES));
      processes = opened(entries(proc));
      filesystems = opened(new Filesystems(proc, statVfs, patience));
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  /**
   * Opens what this guest's telemetry comes from.
   *
   * @throws UnsupportedOperationException unless this is 64-bit Linux
   * @throws IOException if something of it cannot be opened; the message says what
   */
  public static LinuxTelemetrySource open() throws IOException {
    return new LinuxTelemetrySource(PROC, new JnaStatVfs(), LinuxInterfaces.devices(), PATIENCE);
  }

  private static DirectoryEntries entries(Path directory) throws IOException {
    try {
      return new DirectoryEntries(directory.toString());
    } catch (PosixException e) {
      throw new IOException(directory + " cannot be listed: " + e.getMessage(), e);
    }
  }

  private ProcFile shortFile(Path path) throws IOException {
    return opened(new ProcFile(path, SHORT_FILE_BYTES, SHORT_FILE_BYTES));
  }

  private <T extends AutoCloseable> T opened(T part) {
    opened.push(part);
    return part;
  }

  @Override
  public CpuTimes sample(TelemetryReport.Builder report) throws IOException {
    stat.read();
    CpuTimes cpu = CpuStat.parse(stat.scanner());
    addMemory(report);
    addLoad(report);
    uptime.read();
    report.setUptimeSeconds(uptime.scanner().number());
    addHostname(report);
    report.setProcessCount(processCount());
    filesystems.addTo(report);
    netDev.read();
    LinuxInterfaces.addTo(report, netDev.scanner(), devices);
    return cpu;
  }

  private void addMemory(TelemetryReport.Builder report) throws IOException {
    memInfo.read();
    MemInfo memory = MemInfo.parse(memInfo.scanner());
    report
        .setMemoryTotalBytes(memory.total())
        .setMemoryAvailableBytes(memory.available())
        .setMemoryUsedBytes(memory.total() - memory.available())
        .setSwapTotalBytes(memory.swapTotal())
        .setSwapUsedBytes(memory.swapTotal() - memory.swapFree());
  }

  private void addLoad(TelemetryReport.Builder report) throws IOException {
    loadAverage.read();
    AsciiScanner averages = loadAverage.scanner();
    report
        .setLoadAvg1(averages.decimal())
        .setLoadAvg5(averages.decimal())
        .setLoadAvg15(averages.decimal());
  }

  private void addHostname(TelemetryReport.Builder report) throws IOException {
    hostname.read();
    if (!hostname.scanner().take(NO_HOSTNAME)) {
      report.setHostname(hostname.scanner().textBefore('\n'));
    }
  }

  private int processCount() throws IOException {
    int count = 0;
    try {
      processes.rewind();
      for (int length = next(); length > 0; length = next()) {
        count += ProcessCount.in(entries, length);
      }
    } catch (PosixException e) {
      throw new IOException("the processes cannot be counted: " + e.getMessage(), e);
    }
    return count;
  }

  private int next() throws PosixException {
    return processes.read(entries.array());
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        LOG.warn("a part of telemetry could not be closed", e);
      }
    }
  }
}
