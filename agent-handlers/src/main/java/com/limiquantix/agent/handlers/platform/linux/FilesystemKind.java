package com.limiquantix.agent.handlers.platform.linux;

/** What a filesystem of a certain type is to telemetry. */
enum FilesystemKind {
  /** Holds data on a disk of this guest's; the kernel answers at once. */
  LOCAL,
  /** Holds data that others serve (the network, the host, a process), who may not answer. */
  SERVED,
  /**
   * Holds none of its own: made by the kernel, kept in memory, stacked on another filesystem whose
   * room it shares, or an image that is full by its nature.
   */
  NO_DATA;

  private static final String FUSE = "fuse.";

  /**
   * Judges by the type that the kernel names.
   *
   * @param onBlockDevice whether its device number is one of a block device
   */
  static FilesystemKind of(String type, boolean onBlockDevice) {
    return switch (type) {
      case "squashfs", "erofs", "cramfs", "romfs", "iso9660" -> NO_DATA;
      case "btrfs", "zfs", "bcachefs", "ubifs" -> LOCAL;
      case "nfs",
          "nfs4",
          "cifs",
          "smb3",
          "smbfs",
          "ncpfs",
          "9p",
          "virtiofs",
          "vboxsf",
          "vmhgfs",
          "prl_fs",
          "ceph",
          "lustre",
          "beegfs",
          "gpfs",
          "orangefs",
          "pvfs2",
          "afs",
          "coda",
          "panfs",
          "gfs2",
          "ocfs2",
          "fuse",
          "fuseblk" ->
          SERVED;
      default -> {
        if (type.startsWith(FUSE)) {
          yield ofFuse(type.substring(FUSE.length()));
        }
        yield onBlockDevice ? LOCAL : NO_DATA;
      }
    };
  }

  private static FilesystemKind ofFuse(String subtype) {
    return switch (subtype) {
      case "gvfsd-fuse",
          "portal",
          "lxcfs",
          "vmware-vmblock",
          "fuse-overlayfs",
          "squashfuse",
          "squashfuse_ll",
          "snapfuse" ->
          NO_DATA;
      default -> SERVED;
    };
  }
}
