package com.limiquantix.agent.transport.link;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down every call; for links whose callbacks run in the test's own thread. */
public final class Recorder implements LinkListener {
  public final List<String> calls = new ArrayList<>();

  @Override
  public void onPeerPresent() {
    calls.add("present");
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    calls.add(bytes.remaining() + " bytes");
  }

  @Override
  public void onWritable() {
    calls.add("writable");
  }

  @Override
  public void onPeerAbsent() {
    calls.add("absent");
  }

  @Override
  public void onClosed(@Nullable Throwable cause) {
    calls.add("closed " + cause);
  }
}
