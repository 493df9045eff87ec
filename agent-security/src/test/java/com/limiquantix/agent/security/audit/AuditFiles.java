package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.limiquantix.agent.security.CallFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** An audit log in a test's own directory. */
final class AuditFiles {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private AuditFiles() {}

  /** A record of a call that was about this path. */
  static byte[] body(String path) {
    return AuditJson.call(
        new AuditJson.Call(
            "limiquantix.agent.v1.FileService/FileRead",
            null,
            NOW,
            NOW,
            1000,
            new CallFacts.Subject(CallFacts.Kind.PATH, path),
            null,
            "OK",
            null,
            1,
            2),
        new CallFacts());
  }

  /** A log with its first record, {@code calls} others, and its last. */
  static Path written(Path file, int calls) {
    AuditSettings settings = new AuditSettings(file, 1 << 20, 3);
    try (AuditLog log = AuditLog.start(settings, java.time.Clock.systemUTC(), List.of())) {
      for (int i = 0; i < calls; i++) {
        log.add(body("/path/" + i), NOW);
      }
    }
    return file;
  }

  static void intact(Path file, long records) throws IOException {
    AuditVerifier.Findings found = AuditVerifier.verify(file, null);
    assertThat(found.problems()).isEmpty();
    assertThat(found.records()).isEqualTo(records);
    assertThat(AuditVerifier.verify(file, found.hash()).notExcluded())
        .allMatch(each -> each.contains("begins with record"));
  }

  static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }
}
