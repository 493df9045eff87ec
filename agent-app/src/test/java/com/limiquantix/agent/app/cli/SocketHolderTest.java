package com.limiquantix.agent.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SocketHolderTest {
  private static final String CONNECTIONS =
      """
      u_str ESTAB 0 0 /run/a.sock 4711 * 4712 users:(("qemu-system-x86",pid=7,fd=3))
      u_str ESTAB 0 0 * 4712 * 4711 users:(("virsh",pid=8,fd=5))
      u_str ESTAB 0 0 /run/b.sock 4713 * 4714 users:(("qemu-system-x86",pid=9,fd=3))
      u_str ESTAB 0 0 * 4714 * 4713 users:(("java",pid=10,fd=5))
      u_dgr UNCONN 0 0 /run/c.sock 4715 * 0 users:(("systemd",pid=1,fd=3))
      nonsense
      """;

  @Test
  void givenConnection_thenTheProcessAtItsOtherEndIsNamed() {
    assertThat(SocketHolder.holder(CONNECTIONS, "/run/a.sock", 10)).hasValue("process 8 (virsh)");
  }

  @Test
  void givenOwnConnection_thenNobodyElseIsNamed() {
    assertThat(SocketHolder.holder(CONNECTIONS, "/run/b.sock", 10)).isEmpty();
  }

  @Test
  void givenNoConnection_thenNobodyIsNamed() {
    assertThat(SocketHolder.holder(CONNECTIONS, "/run/c.sock", 10)).isEmpty();
    assertThat(SocketHolder.holder("", "/run/a.sock", 10)).isEmpty();
  }
}
