package com.limiquantix.agent.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Joins a character device and a unix socket as QEMU joins a guest's port and its host's socket:
 * one host at a time, and the device stays when a host goes.
 */
final class SerialCable implements AutoCloseable {
  private static final Path PYTHON = Path.of("/usr/bin/python3");

  private static final String PROGRAM =
      """
      import os, pty, select, socket, sys, tty
      master, slave = pty.openpty()
      tty.setraw(slave)
      os.symlink(os.ttyname(slave), sys.argv[1])
      server = socket.socket(socket.AF_UNIX)
      server.bind(sys.argv[2])
      server.listen()
      print("joined", flush=True)
      while True:
          host, _ = server.accept()
          while True:
              ready, _, _ = select.select([host, master], [], [])
              if master in ready:
                  try:
                      host.sendall(os.read(master, 65536))
                  except OSError:
                      break
              if host in ready:
                  data = host.recv(65536)
                  if not data:
                      break
                  while data:
                      data = data[os.write(master, data):]
          host.close()
      """;

  private final Process process;
  private final Path device;

  /**
   * @param device is made, and leads to a device
   * @param socket is made, and takes hosts
   */
  SerialCable(Path device, Path socket) throws IOException {
    this.device = device;
    process =
        new ProcessBuilder(PYTHON.toString(), "-c", PROGRAM, device.toString(), socket.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(output.readLine()).isEqualTo("joined");
  }

  static boolean isAvailable() {
    return Files.isExecutable(PYTHON);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** The device has ended with the process that made it; what leads there goes too. */
  @Override
  public void close() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    Files.deleteIfExists(device);
  }
}
