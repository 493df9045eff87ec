package com.limiquantix.agent.handlers.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which filesystems hold data, where they can be reached, and which of them may not answer. */
final class MountInfoTest {
  private static final String ROOT = "20 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n";

  @Test
  void givenDebian12_thenOnlyTheDiskIsLeft() throws IOException {
    assertThat(ofSystem("debian12")).containsExactly("/ ext4 /dev/vda local");
  }

  @Test
  void givenUbuntu2204_thenSnapsContainersCdsAndPseudoFilesystemsAreOut() throws IOException {
    assertThat(ofSystem("ubuntu2204"))
        .containsExactly(
            "/ ext4 /dev/mapper/ubuntu--vg-ubuntu--lv local",
            "/boot ext4 /dev/vda2 local",
            "/boot/efi vfat /dev/vda1 local",
            "/srv/data and\tmore\\\n xfs /dev/vdb1 local");
  }

  @Test
  void givenRhel6_thenWhatNfsServesMayHangAndAutofsIsOut() throws IOException {
    assertThat(ofSystem("rhel6"))
        .containsExactly(
            "/ ext4 /dev/mapper/VolGroup-lv_root local",
            "/boot ext4 /dev/vda1 local",
            "/net/filer/home nfs filer.example.com:/home may hang");
  }

  @Test
  void givenADiskBelowNfs_thenTheWayToItMayHang() throws IOException {
    assertThat(ofSystem("rhel9"))
        .containsExactly(
            "/ xfs /dev/mapper/rhel-root local",
            "/boot xfs /dev/vda1 local",
            "/srv/nfs nfs4 192.0.2.9:/export may hang",
            "/srv/nfs/scratch xfs /dev/vdb may hang",
            "/srv/share cifs //files.example.com/share may hang");
  }

  @Test
  void givenManySubvolumesOfABtrfs_thenItAppearsOnceAtTheRoot() throws IOException {
    assertThat(ofSystem("opensuse155"))
        .containsExactly("/ btrfs /dev/vda2 local", "/boot/efi vfat /dev/vda1 local");
  }

  @Test
  void givenAlpine_thenAnEmptyDeviceIsUnderstoodAndTheHostsFilesystemsMayHang() throws IOException {
    assertThat(ofSystem("alpine319"))
        .containsExactly(
            "/ ext4 /dev/vda3 local",
            "/boot ext4 /dev/vda1 local",
            "/mnt/host virtiofs share may hang",
            "/mnt/plan9 9p hostshare may hang");
  }

  @Test
  void givenABindMountWithAShorterPathOfAPart_thenTheWholeIsTaken() {
    String whole = "30 20 254:16 / /var/lib/data rw - ext4 /dev/vdb rw\n";

    assertThat(of(ROOT + whole + "31 20 254:16 /sub /srv rw - ext4 /dev/vdb rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/var/lib/data ext4 /dev/vdb local");
    assertThat(of(ROOT + whole + "31 20 254:16 / /srv rw - ext4 /dev/vdb rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/srv ext4 /dev/vdb local");
    assertThat(of(ROOT + whole + "31 20 254:16 / /var/lib/copy rw - ext4 /dev/vdb rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/var/lib/data ext4 /dev/vdb local");
  }

  @Test
  void givenAMountOverAnother_thenOnlyTheUpperOneIsReported() {
    assertThat(
            of(
                ROOT
                    + "30 20 254:16 / /srv rw - ext4 /dev/vdb rw\n"
                    + "31 30 254:32 / /srv rw - xfs /dev/vdc rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/srv xfs /dev/vdc local");
    assertThat(
            of(
                ROOT
                    + "30 20 254:16 / /srv rw - ext4 /dev/vdb rw\n"
                    + "31 30 0:40 / /srv rw - tmpfs tmpfs rw\n"))
        .containsExactly("/ ext4 /dev/vda local");
  }

  @Test
  void givenAMountOverADirectoryAboveAnother_thenTheOneBelowIsOutUnlessItIsMountedInTheUpperOne() {
    String below = "30 20 254:16 / /srv/data rw - ext4 /dev/vdb rw\n";
    String above = "31 20 0:40 / /srv rw - tmpfs tmpfs rw\n";

    assertThat(of(ROOT + below + above)).containsExactly("/ ext4 /dev/vda local");
    assertThat(of(ROOT + below + above + "32 31 254:32 / /srv/data rw - xfs /dev/vdc rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/srv/data xfs /dev/vdc local");
    assertThat(of(ROOT + below + "31 20 0:40 / /srv/dat rw - tmpfs tmpfs rw\n"))
        .containsExactly("/ ext4 /dev/vda local", "/srv/data ext4 /dev/vdb local");
  }

  @Test
  void givenARootOverTheInitialOne_thenTheUpperOneIsTheRoot() {
    assertThat(
            of(
                """
                1 0 0:2 / / rw - rootfs rootfs rw
                20 1 254:0 / / rw - ext4 /dev/vda rw
                30 20 254:16 / /srv rw - ext4 /dev/vdb rw
                """))
        .containsExactly("/ ext4 /dev/vda local", "/srv ext4 /dev/vdb local");
  }

  @Test
  void givenFuse_thenWhatHoldsDataMayHangAndTheRestIsOut() {
    assertThat(
            of(
                ROOT
                    + "30 20 0:50 / /a rw - fuse.sshfs u@h:/ rw\n"
                    + "31 20 0:51 / /b rw - fuse.glusterfs g:/v rw\n"
                    + "32 20 254:16 / /c rw - fuseblk /dev/vdb rw\n"
                    + "33 20 0:53 / /d rw - fuse.lxcfs lxcfs rw\n"
                    + "34 20 0:54 / /e rw - fuse.fuse-overlayfs fuse-overlayfs rw\n"
                    + "35 20 0:55 / /f rw - fuse /dev/fuse rw\n"
                    + "36 20 0:56 / /g rw - zfs tank/home rw\n"))
        .containsExactly(
            "/ ext4 /dev/vda local",
            "/a fuse.sshfs u@h:/ may hang",
            "/b fuse.glusterfs g:/v may hang",
            "/c fuseblk /dev/vdb may hang",
            "/f fuse /dev/fuse may hang",
            "/g zfs tank/home local");
  }

  @Test
  void givenAPathThatIsNotUtf8_thenItsBytesAreKeptForTheSystem() {
    byte[] table =
        (ROOT + "30 20 254:16 / /b\u00e4d rw - ext4 /dev/vdb rw\n")
            .getBytes(StandardCharsets.ISO_8859_1);

    Mount mount = MountInfo.parse(table, table.length).get(1);

    assertThat(mount.mountPoint()).isEqualTo("/b\ufffdd");
    assertThat(mount.path()).containsExactly('/', 'b', 0xe4, 'd', 0);
  }

  @Test
  void givenLinesThatAreNotUnderstood_thenTheOthersAre() {
    assertThat(
            of(
                "\nhello\n1 2 3\nx 1 0:1 / /x rw - ext4 y rw\n30 20 8:1 / /y rw ext4 y rw\n"
                    + "31 20 8:2 / /z rw - ext4\n"
                    + ROOT
                    + "32 20 8:3 / /cut rw - ext4 /dev/vd"))
        .containsExactly("/ ext4 /dev/vda local");
    assertThat(of("")).isEmpty();
  }

  @Test
  void givenMoreThanAllowed_thenTheFirstAreTaken() {
    StringBuilder table = new StringBuilder(ROOT);
    for (int i = 0; i < 2 * MountInfo.MAX_MOUNTS; i++) {
      table.append(100 + i).append(" 20 8:").append(i).append(" / /m").append(i);
      table.append(" rw - ext4 /dev/sd").append(i).append(" rw\n");
    }

    List<String> found = of(table.toString());

    assertThat(found).hasSize(MountInfo.MAX_MOUNTS);
    assertThat(found.get(MountInfo.MAX_MOUNTS - 1)).startsWith("/m254 ");
  }

  /** Ids that form circles or repeat, places that contain each other: nothing but an end counts. */
  @Test
  void givenTablesThatNoKernelWrites_thenReadingThemEnds() {
    Random random = new Random(20231115);
    String[] places = {"/", "/a", "/a/b", "/a/b/c", "//", "a", "/a/", ""};
    for (int round = 0; round < 2000; round++) {
      StringBuilder table = new StringBuilder();
      for (int line = random.nextInt(12); line >= 0; line--) {
        table.append(random.nextInt(5)).append(' ').append(random.nextInt(5)).append(" 8:");
        table.append(random.nextInt(3)).append(" / ").append(places[random.nextInt(places.length)]);
        table.append(" rw - ext4 /dev/x rw\n");
      }
      for (int cut = random.nextInt(4); cut > 0; cut--) {
        table.setCharAt(random.nextInt(table.length()), (char) random.nextInt(256));
      }
      assertThat(of(table.toString())).hasSizeLessThanOrEqualTo(12);
    }
  }

  private static List<String> ofSystem(String system) throws IOException {
    byte[] table = Files.readAllBytes(Samples.proc(system).resolve("self/mountinfo"));
    return texts(MountInfo.parse(table, table.length));
  }

  private static List<String> of(String table) {
    byte[] bytes = table.getBytes(StandardCharsets.ISO_8859_1);
    return texts(MountInfo.parse(bytes, bytes.length));
  }

  private static List<String> texts(List<Mount> mounts) {
    return mounts.stream()
        .map(
            mount ->
                String.join(
                    " ",
                    mount.mountPoint(),
                    mount.filesystem(),
                    mount.device(),
                    mount.mayHang() ? "may hang" : "local"))
        .toList();
  }
}
