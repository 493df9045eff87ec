package com.limiquantix.agent.transport.internal.jna;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * {@link Posix} by JNA. Constants are those of asm-generic, which x86, ARM, RISC-V and s390 use.
 */
final class LibcPosix implements Posix {
  private static final int AF_UNIX = 1;
  private static final int AF_VSOCK = 40;
  private static final int SOCK_STREAM = 1;
  private static final int CLOEXEC = 0x80000; // O_, SOCK_, EPOLL_ and EFD_CLOEXEC alike
  private static final int NONBLOCK = 0x800; // O_, SOCK_ and EFD_NONBLOCK alike
  private static final int O_RDWR = 2;
  private static final int O_CREAT = 0x40;
  private static final int O_NOCTTY = 0x100;
  private static final int O_PATH = 0x200000;
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int SHUT_RDWR = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ERROR = 4;
  private static final int SO_PEERCRED = 17;
  private static final int SUN_PATH = 108;

  /** VMADDR_CID_ANY of linux/vm_sockets.h. */
  private static final int CID_ANY = -1;

  // struct sockaddr_vm of linux/vm_sockets.h: family, 2 bytes reserved, port, CID, padding.
  private static final int SOCKADDR_VM_SIZE = 16;
  private static final int SVM_PORT = 4;
  private static final int SVM_CID = 8;

  /** _IO(7, 0xb9) of linux/vm_sockets.h. */
  private static final long IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7b9;

  private static final byte[] DEV_VSOCK = "/dev/vsock\0".getBytes(StandardCharsets.US_ASCII);

  /** x86-64 packs struct epoll_event (sys/epoll.h, EPOLL_PACKED); all others align its data. */
  private static final int TOKEN_OFFSET = Platform.isIntel() ? 4 : 8;

  private static final int EVENT_SIZE = TOKEN_OFFSET + 8;

  /** O_NOFOLLOW is 0400000 in asm-generic and 0100000 on ARM and PowerPC. */
  private static final int O_NOFOLLOW = Platform.isARM() ? 0x8000 : 0x20000;

  private LibcPosix() {}

  private static final class Holder {
    static final LibcPosix INSTANCE = new LibcPosix();
  }

  static Posix instance() {
    if (!Platform.isLinux() || Native.POINTER_SIZE != 8 || Platform.isPPC() || Platform.isMIPS()) {
      throw new UnsupportedOperationException(
          "Links over file descriptors need Linux on x86-64, aarch64, riscv64 or s390x; this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch"));
    }
    return Holder.INSTANCE;
  }

  private static int result(long returned) {
    return returned >= 0 ? (int) returned : -Native.getLastError();
  }

  @Override
  public long addressOf(ByteBuffer direct) {
    if (!direct.isDirect()) {
      throw new IllegalArgumentException("not a direct buffer");
    }
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
  }

  @Override
  public long effectiveUser() {
    return Integer.toUnsignedLong(Libc.geteuid());
  }

  @Override
  public int read(int fd, long address, int length) {
    return result(Libc.read(fd, address, length));
  }

  @Override
  public int readv(int fd, long vector, int count) {
    return result(Libc.readv(fd, vector, count));
  }

  @Override
  public int write(int fd, long address, int length) {
    return result(Libc.write(fd, address, length));
  }

  @Override
  public int send(int fd, long address, int length) {
    return result(Libc.send(fd, address, length, MSG_NOSIGNAL));
  }

  @Override
  public int close(int fd) {
    return result(Libc.close(fd));
  }

  @Override
  public int openPath(byte[] path) {
    return result(Libc.open(terminated(path), O_PATH | O_NOFOLLOW | CLOEXEC, 0));
  }

  @Override
  public int openDevice(byte[] path) {
    return result(Libc.open(terminated(path), O_RDWR | NONBLOCK | O_NOCTTY | CLOEXEC, 0));
  }

  @Override
  public int openLockFile(byte[] path) {
    return result(Libc.open(terminated(path), O_RDWR | O_CREAT | O_NOFOLLOW | CLOEXEC, 0600));
  }

  private static byte[] terminated(byte[] path) {
    return Arrays.copyOf(path, path.length + 1);
  }

  @Override
  public int tryLock(int fd) {
    return result(Libc.flock(fd, LOCK_EX | LOCK_NB));
  }

  @Override
  public int changeMode(int fd, int mode) {
    return result(Libc.fchmod(fd, mode));
  }

  @Override
  public int unixSocket() {
    return result(Libc.socket(AF_UNIX, SOCK_STREAM | CLOEXEC | NONBLOCK, 0));
  }

  @Override
  public int bindUnix(int fd, byte[] path) {
    byte[] address = unixAddress(path);
    return result(Libc.bind(fd, address, address.length));
  }

  @Override
  public int connectUnix(int fd, byte[] path) {
    byte[] address = unixAddress(path);
    return result(Libc.connect(fd, address, address.length));
  }

  /** struct sockaddr_un: the family in the machine's byte order, then the path with its NUL. */
  private static byte[] unixAddress(byte[] path) {
    if (path.length == 0 || path.length >= SUN_PATH) {
      throw new IllegalArgumentException("a path of " + path.length + " bytes");
    }
    return ByteBuffer.allocate(2 + path.length + 1)
        .order(ByteOrder.nativeOrder())
        .putShort((short) AF_UNIX)
        .put(path)
        .array();
  }

  @Override
  public int vsockSocket() {
    return result(Libc.socket(AF_VSOCK, SOCK_STREAM | CLOEXEC | NONBLOCK, 0));
  }

  @Override
  public int bindVsock(int fd, long port) {
    return result(Libc.bind(fd, vsockAddress(CID_ANY, port), SOCKADDR_VM_SIZE));
  }

  @Override
  public int connectVsock(int fd, long cid, long port) {
    return result(Libc.connect(fd, vsockAddress(cid, port), SOCKADDR_VM_SIZE));
  }

  private static byte[] vsockAddress(long cid, long port) {
    return ByteBuffer.allocate(SOCKADDR_VM_SIZE)
        .order(ByteOrder.nativeOrder())
        .putShort(0, (short) AF_VSOCK)
        .putInt(SVM_PORT, (int) port)
        .putInt(SVM_CID, (int) cid)
        .array();
  }

  @Override
  public int vsockPeer(int fd, int[] cidAndPort) {
    ByteBuffer address = ByteBuffer.allocate(SOCKADDR_VM_SIZE).order(ByteOrder.nativeOrder());
    int[] length = {SOCKADDR_VM_SIZE};
    int result = result(Libc.getpeername(fd, address.array(), length));
    cidAndPort[0] = address.getInt(SVM_CID);
    cidAndPort[1] = address.getInt(SVM_PORT);
    return result;
  }

  @Override
  public int vsockLocalCid(int[] cid) {
    int device = result(Libc.open(DEV_VSOCK, CLOEXEC, 0));
    if (device < 0) {
      return device;
    }
    int result = result(Libc.ioctl(device, IOCTL_VM_SOCKETS_GET_LOCAL_CID, cid));
    Libc.close(device);
    return result;
  }

  @Override
  public int socketError(int fd) {
    int[] error = new int[1];
    int[] length = {Integer.BYTES};
    int result = result(Libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, error, length));
    return result < 0 ? result : error[0];
  }

  @Override
  public int listen(int fd, int backlog) {
    return result(Libc.listen(fd, backlog));
  }

  @Override
  public int accept(int fd) {
    return result(Libc.accept4(fd, 0, 0, CLOEXEC | NONBLOCK));
  }

  @Override
  public int shutdown(int fd) {
    return result(Libc.shutdown(fd, SHUT_RDWR));
  }

  @Override
  public int peerCredentials(int fd, int[] pidUidGid) {
    int[] length = {3 * Integer.BYTES};
    return result(Libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, pidUidGid, length));
  }

  @Override
  public int epollCreate() {
    return result(Libc.epoll_create1(CLOEXEC));
  }

  @Override
  public int epollControl(int epoll, int operation, int fd, int events, long token) {
    ByteBuffer event = ByteBuffer.allocate(EVENT_SIZE).order(ByteOrder.nativeOrder());
    event.putInt(0, events).putLong(TOKEN_OFFSET, token);
    return result(Libc.epoll_ctl(epoll, operation, fd, event.array()));
  }

  @Override
  public int epollWait(int epoll, long events, int capacity, int timeoutMillis) {
    return result(Libc.epoll_wait(epoll, events, capacity, timeoutMillis));
  }

  @Override
  public int epollEventSize() {
    return EVENT_SIZE;
  }

  @Override
  public int epollEvents(ByteBuffer events, int index) {
    return events.getInt(index * EVENT_SIZE);
  }

  @Override
  public long epollToken(ByteBuffer events, int index) {
    return events.getLong(index * EVENT_SIZE + TOKEN_OFFSET);
  }

  @Override
  public int eventFd() {
    return result(Libc.eventfd(0, CLOEXEC | NONBLOCK));
  }
}
