package com.limiquantix.agent.transport.link;

import com.limiquantix.agent.transport.internal.jna.Errno;
import com.limiquantix.agent.transport.internal.jna.Posix;
import org.junit.jupiter.api.Assumptions;

/** Whether this system reaches itself over vsock. */
public final class VsockLoopback {
  private VsockLoopback() {}

  /** Skips the test, with the reason, unless vsock leads from this process to itself. */
  public static void require() {
    Posix posix = Posix.libc();
    int[] cid = new int[1];
    int asked = posix.vsockLocalCid(cid);
    // With a device of a VM beside it nothing tells whether loopback is there but trying, which
    // may take its time; with loopback alone the CID is its own.
    Assumptions.assumeTrue(
        asked >= 0 && cid[0] == Vsock.LOCAL_CID,
        () ->
            "no vsock loopback here (modprobe vsock_loopback, in a VM without a vsock device): "
                + (asked < 0 ? "/dev/vsock: " + Errno.describe(-asked) : "the CID is " + cid[0]));
    Assumptions.assumeTrue(
        posix.effectiveUser() == 0, "ports below 1024, which are tested here, take root");
  }
}
