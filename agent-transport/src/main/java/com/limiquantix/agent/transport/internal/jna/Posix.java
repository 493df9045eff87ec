package com.limiquantix.agent.transport.internal.jna;

import java.nio.ByteBuffer;

/**
 * The system calls that links need, in the kernel's own convention: a result of zero or more is the
 * answer, a negative one is the error number negated ({@code -EAGAIN}). Nothing throws, nothing
 * blocks but {@link #epollWait}, and every descriptor that is made closes on exec.
 *
 * <p>Addresses are of native memory that the caller keeps alive for the length of the call.
 */
public interface Posix {
  /** {@code EPOLLIN} of sys/epoll.h. */
  int EPOLLIN = 0x001;

  /** {@code EPOLLOUT} of sys/epoll.h. */
  int EPOLLOUT = 0x004;

  /** {@code EPOLLERR} of sys/epoll.h; always reported, never asked for. */
  int EPOLLERR = 0x008;

  /** {@code EPOLLHUP} of sys/epoll.h; always reported, never asked for. */
  int EPOLLHUP = 0x010;

  /** {@code EPOLLET} of sys/epoll.h: reported once for each change, not for as long as it holds. */
  int EPOLLET = 1 << 31;

  /** {@code EPOLL_CTL_ADD} of sys/epoll.h. */
  int EPOLL_CTL_ADD = 1;

  /** {@code EPOLL_CTL_DEL} of sys/epoll.h. */
  int EPOLL_CTL_DEL = 2;

  /** {@code EPOLL_CTL_MOD} of sys/epoll.h. */
  int EPOLL_CTL_MOD = 3;

  /**
   * The C library of this process.
   *
   * @throws UnsupportedOperationException unless this is Linux on a 64-bit processor
   */
  static Posix libc() {
    return LibcPosix.instance();
  }

  /** Address of the first byte of a direct buffer, whatever its position. */
  long addressOf(ByteBuffer direct);

  /** Effective user id of this process, 0 to 4294967295 (geteuid(2)). */
  long effectiveUser();

  /** read(2). */
  int read(int fd, long address, int length);

  /**
   * readv(2): bytes read, or a negated errno.
   *
   * @param vector native memory with {@code count} pairs of an address and a length, each a long
   */
  int readv(int fd, long vector, int count);

  /** write(2). */
  int write(int fd, long address, int length);

  /** send(2) with MSG_NOSIGNAL: a peer that went away is EPIPE and never a SIGPIPE. */
  int send(int fd, long address, int length);

  /** close(2). Never to be repeated: the descriptor is gone even after EINTR. */
  int close(int fd);

  /** open(2) with O_PATH and O_NOFOLLOW: the file itself, be it a socket, without connecting. */
  int openPath(byte[] path);

  /**
   * open(2) of a device with O_RDWR, O_NONBLOCK and O_NOCTTY: no terminal becomes the process's
   * own.
   */
  int openDevice(byte[] path);

  /** open(2) of a file that is only locked: made if need be, 0600, no symbolic link followed. */
  int openLockFile(byte[] path);

  /** flock(2), exclusive; {@code -EAGAIN} if another open file has the lock. */
  int tryLock(int fd);

  /** fchmod(2). */
  int changeMode(int fd, int mode);

  /** socket(2): AF_UNIX, SOCK_STREAM, non-blocking. */
  int unixSocket();

  /** bind(2) to a path. */
  int bindUnix(int fd, byte[] path);

  /** connect(2) to a path. */
  int connectUnix(int fd, byte[] path);

  /** socket(2): AF_VSOCK, SOCK_STREAM, non-blocking; {@code -EAFNOSUPPORT} without vsock(7). */
  int vsockSocket();

  /**
   * bind(2) to a port of any of this system's CIDs.
   *
   * @param port 0 to 4294967294
   */
  int bindVsock(int fd, long port);

  /**
   * connect(2); {@code -EINPROGRESS} when it goes on by itself.
   *
   * @param cid 0 to 4294967294
   * @param port 0 to 4294967294
   */
  int connectVsock(int fd, long cid, long port);

  /**
   * getpeername(2) of a vsock socket.
   *
   * @param cidAndPort receives the two, each to be read as unsigned
   */
  int vsockPeer(int fd, int[] cidAndPort);

  /**
   * IOCTL_VM_SOCKETS_GET_LOCAL_CID of linux/vm_sockets.h on {@code /dev/vsock}: 3 or more in a VM
   * that has a vsock device, 2 on a host, 1 if only loopback is there. {@code -ENOENT} if vsock is
   * not loaded; nothing is loaded by asking.
   *
   * @param cid receives it, to be read as unsigned
   */
  int vsockLocalCid(int[] cid);

  /** SO_ERROR of socket(7): what became of a connect that went on by itself; 0 if nothing bad. */
  int socketError(int fd);

  /** listen(2). */
  int listen(int fd, int backlog);

  /** accept4(2), non-blocking. */
  int accept(int fd);

  /** shutdown(2) with SHUT_RDWR. */
  int shutdown(int fd);

  /**
   * SO_PEERCRED of unix(7).
   *
   * @param pidUidGid receives the three ids, each to be read as unsigned
   */
  int peerCredentials(int fd, int[] pidUidGid);

  /** epoll_create1(2). */
  int epollCreate();

  /** epoll_ctl(2); {@code token} comes back with each event of {@code fd}. */
  int epollControl(int epoll, int operation, int fd, int events, long token);

  /**
   * epoll_wait(2).
   *
   * @param events native memory for {@code capacity} events of {@link #epollEventSize} bytes each
   * @param timeoutMillis -1 for ever, 0 not at all
   */
  int epollWait(int epoll, long events, int capacity, int timeoutMillis);

  /** Bytes of one event as epoll_wait writes them. */
  int epollEventSize();

  /** The event mask of the event at {@code index} of a buffer that epoll_wait filled. */
  int epollEvents(ByteBuffer events, int index);

  /** The token of the event at {@code index} of a buffer that epoll_wait filled. */
  long epollToken(ByteBuffer events, int index);

  /** eventfd(2), non-blocking, initially zero. */
  int eventFd();
}
