package com.limiquantix.agent.transport.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketDirectoryTest {
  private final Path temp;
  private final List<ServerSocketChannel> listeners = new ArrayList<>();

  SocketDirectoryTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @AfterEach
  void closeListeners() throws IOException {
    for (ServerSocketChannel listener : listeners) {
      listener.close();
    }
  }

  @Test
  void findsTheSocketThatIsNamedExactlyAfterTheVm() throws IOException {
    Path mine = listen("web-1.agent.sock");
    listen("web-10.agent.sock");

    assertThat(new SocketDirectory(temp).find("web-1")).isEqualTo(mine);
  }

  @Test
  void neverFallsBackToAnotherVmsSocket() throws IOException {
    listen("web-10.agent.sock");
    listen("WEB-1.agent.sock");
    listen("web-1.sock");

    assertThatThrownBy(() -> new SocketDirectory(temp).find("web-1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("there is no socket")
        .hasMessageContaining("web-1.agent.sock");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "A.b_c-9", "0f8fad5b-d9cb-469f-a165-70867728950e", "vm.1"})
  void acceptsIds(String id) {
    assertThat(new SocketDirectory(temp).pathOf(id)).isEqualTo(temp.resolve(id + ".agent.sock"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "..", "-a", "_a", "a/b", "../a", "a..b", "a\0b", "a b", "a\n", "ä", "a\\b", "*"
      })
  void refusesWhatIsNoId(String id) {
    assertThatIllegalArgumentException().isThrownBy(() -> new SocketDirectory(temp).find(id));
  }

  @Test
  void anIdHasAtMost128Characters() {
    SocketDirectory directory = new SocketDirectory(temp);

    assertThat(directory.pathOf("x".repeat(128))).isNotNull();
    assertThatIllegalArgumentException().isThrownBy(() -> directory.pathOf("x".repeat(129)));
  }

  @Test
  void aPathThatNoSocketAddressCanHoldIsRefusedBeforeItIsTried() {
    assertThatThrownBy(() -> new SocketDirectory(temp).find("x".repeat(107)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("107 bytes");
  }

  @Test
  void aFileThatIsNoSocketIsRefused() throws IOException {
    Files.createFile(temp.resolve("web-1.agent.sock"));

    assertThatThrownBy(() -> new SocketDirectory(temp).find("web-1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a socket");
  }

  @Test
  void aLinkToAnotherVmsSocketIsRefused() throws IOException {
    Path other = listen("web-2.agent.sock");
    Files.createSymbolicLink(temp.resolve("web-1.agent.sock"), other);

    assertThatThrownBy(() -> new SocketDirectory(temp).find("web-1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a socket");
  }

  private Path listen(String name) throws IOException {
    Path path = temp.resolve(name);
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listeners.add(listener);
    listener.bind(UnixDomainSocketAddress.of(path));
    return path;
  }
}
