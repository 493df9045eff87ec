package com.limiquantix.agent.handlers.platform.linux;

import com.limiquantix.agent.handlers.internal.jna.StatVfs;
import com.limiquantix.agent.protocol.v1.DiskUsage;
import com.limiquantix.agent.protocol.v1.TelemetryReport;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The mounted filesystems that hold data, and how full they are. One thread at a time. */
final class Filesystems implements Closeable {
  private static final int USUAL_BYTES = 8 * 1024;

  /** About 8,000 mounts; what is listed after them is not looked at. */
  private static final int MAX_BYTES = 1024 * 1024;

  private final ProcFile mountInfo;
  private final StatVfs statVfs;
  private final PatientStatVfs patient;
  private byte[] seen = new byte[0];
  private List<Mount> mounts = List.of();

  /**
   * @param proc where proc(5) is mounted
   * @param patience how long filesystems that may hang have for their answer
   */
  Filesystems(Path proc, StatVfs statVfs, Duration patience) throws IOException {
    mountInfo = new ProcFile(proc.resolve("self/mountinfo"), USUAL_BYTES, MAX_BYTES);
    this.statVfs = statVfs;
    patient = new PatientStatVfs(statVfs, patience);
  }

  /** Adds those that answer and have any room at all. */
  void addTo(TelemetryReport.Builder report) throws IOException {
    refresh();
    patient.ask(mounts);
    for (Mount mount : mounts) {
      Optional<StatVfs.Blocks> blocks =
          mount.mayHang() ? patient.answer(mount) : statVfs.ask(mount.path());
      if (blocks.isPresent() && blocks.get().total() != 0) {
        report.addDisks(usage(mount, FilesystemUsage.of(blocks.get())));
      }
    }
  }

  /** The table seldom changes, and comparing it is much cheaper than understanding it. */
  private void refresh() throws IOException {
    mountInfo.read();
    byte[] now = mountInfo.bytes();
    int length = mountInfo.length();
    if (!Arrays.equals(now, 0, length, seen, 0, seen.length)) {
      seen = Arrays.copyOf(now, length);
      mounts = MountInfo.parse(seen, length);
    }
  }

  private static DiskUsage.Builder usage(Mount mount, FilesystemUsage usage) {
    return DiskUsage.newBuilder()
        .setMountPoint(mount.mountPoint())
        .setFilesystem(mount.filesystem())
        .setDevice(mount.device())
        .setTotalBytes(usage.total())
        .setUsedBytes(usage.used())
        .setAvailableBytes(usage.available())
        .setUsagePercent(usage.usedPercent());
  }

  @Override
  public void close() throws IOException {
    patient.close();
    mountInfo.close();
  }
}
