package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way to tamper with a log is found, and what cannot be found is said. */
final class AuditVerifierTest {
  private static final int CALLS = 8;

  private final Path file;
  private final List<String> lines;
  private final String head;

  AuditVerifierTest(@TempDir Path directory) throws IOException {
    file = AuditFiles.written(directory.resolve("audit.log"), CALLS);
    lines = new ArrayList<>(AuditFiles.lines(file));
    head = AuditVerifier.verify(file, null).hash();
    assertThat(lines).hasSize(CALLS + 2);
  }

  private AuditVerifier.Findings found() throws IOException {
    Files.write(file, lines);
    return AuditVerifier.verify(file, head);
  }

  @Test
  void givenAnUntouchedLog_thenThereIsNoProblemAndNothingThatIsNotExcluded() throws Exception {
    AuditVerifier.Findings found = AuditVerifier.verify(file, head);

    assertThat(found.problems()).isEmpty();
    assertThat(found.notExcluded()).isEmpty();
    assertThat(found.first()).isEqualTo(1);
    assertThat(found.last()).isEqualTo(CALLS + 2);
    assertThat(found.records()).isEqualTo(CALLS + 2);
  }

  @Test
  void givenNoHead_thenItSaysWhatItCannotExclude() throws Exception {
    assertThat(AuditVerifier.verify(file, null).notExcluded())
        .singleElement()
        .asString()
        .contains("without the head", "cut off", "written anew");
  }

  @Test
  void givenARecordThatWasRemoved_thenItIsMissing() throws Exception {
    lines.remove(4);
    assertThat(found().problems()).containsExactly(file + ":5: record 5 is missing");
  }

  @Test
  void givenSeveralRecordsThatWereRemoved_thenTheyAreMissing() throws Exception {
    lines.subList(2, 5).clear();
    assertThat(found().problems()).containsExactly(file + ":3: records 3 to 5 are missing");
  }

  @Test
  void givenARecordThatWasChanged_thenTheNextDoesNotFollow() throws Exception {
    lines.set(4, lines.get(4).replace("/path/3", "/path/X"));
    assertThat(found().problems())
        .containsExactly(
            file
                + ":6: record 6 does not follow from what is before it: one of the two was"
                + " changed");
  }

  @Test
  void givenAnyByteThatWasChanged_thenItIsFound() throws Exception {
    String line = lines.get(4);
    for (int i = 0; i < line.length(); i++) {
      char other = line.charAt(i) == '0' ? '1' : '0';
      lines.set(4, line.substring(0, i) + other + line.substring(i + 1));
      assertThat(found().problems()).as("position %s", i).isNotEmpty();
    }
  }

  @Test
  void givenTheLastRecordWasChanged_thenOnlyTheHeadTells() throws Exception {
    lines.set(lines.size() - 1, lines.get(lines.size() - 1).replace("audit-stopped", "audit"));
    assertThat(found().problems()).singleElement().asString().contains("no record has the hash");
    assertThat(AuditVerifier.verify(file, null).problems()).isEmpty();
  }

  @Test
  void givenRecordsThatWereMoved_thenTheOrderIsWrong() throws Exception {
    Collections.swap(lines, 3, 4);
    assertThat(found().problems())
        .anyMatch(each -> each.contains("record 4 stands behind record 5: moved"));
  }

  @Test
  void givenARecordThatWasRepeatedOrAdded_thenItIsFound() throws Exception {
    lines.add(5, lines.get(4));
    assertThat(found().problems())
        .anyMatch(each -> each.contains("record 5 stands behind record 5"));
  }

  @Test
  void givenAForeignLine_thenItIsNoRecord() throws Exception {
    lines.add(5, "{\"event.sequence\":7}");
    assertThat(found().problems()).anyMatch(each -> each.contains(":6: is no record"));
  }

  @Test
  void givenAnEndThatWasCutOff_thenTheHeadIsMissing() throws Exception {
    lines.remove(lines.size() - 1);
    assertThat(found().problems()).singleElement().asString().contains("cut off");
    assertThat(AuditVerifier.verify(file, null).problems()).isEmpty();
  }

  @Test
  void givenALastLineThatWasCut_thenItIsFoundWithoutTheHeadToo() throws Exception {
    String text = Files.readString(file);
    Files.writeString(file, text.substring(0, text.length() - 10));
    assertThat(AuditVerifier.verify(file, null).problems())
        .singleElement()
        .asString()
        .contains("the last record is cut off");
  }

  @Test
  void givenABeginningThatWasRemoved_thenItSaysSo() throws Exception {
    lines.remove(0);
    AuditVerifier.Findings found = found();
    assertThat(found.problems()).isEmpty();
    assertThat(found.notExcluded()).singleElement().asString().contains("begins with record 2");
  }

  @Test
  void givenAnEarlierHead_thenItSaysWhatThatDoesNotVouchFor() throws Exception {
    byte[] third = lines.get(2).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    AuditVerifier.Findings found = AuditVerifier.verify(file, ChainLine.hash(third, third.length));
    assertThat(found.problems()).isEmpty();
    assertThat(found.notExcluded())
        .containsExactly(
            "the head is that of record 3; it does not vouch for the " + (CALLS - 1) + " after it");
  }

  @Test
  void givenALogThatWasWrittenAnew_thenOnlyTheHeadTells() throws Exception {
    Files.delete(file);
    Path anew = AuditFiles.written(file, CALLS);
    assertThat(AuditVerifier.verify(anew, null).problems()).isEmpty();
    assertThat(AuditVerifier.verify(anew, head).problems()).isNotEmpty();
  }

  @Test
  void givenARotatedFileThatWasRemoved_thenItsRecordsAreMissing() throws Exception {
    Files.write(file.resolveSibling("audit.log.2"), lines.subList(0, 3));
    lines.subList(0, 5).clear();
    AuditVerifier.Findings found = found();
    assertThat(found.problems()).containsExactly(file + ":1: records 4 to 5 are missing");
    assertThat(found.files()).isEqualTo(2);
  }

  @Test
  void givenNoFile_thenThatIsSaid() {
    assertThatThrownBy(() -> AuditVerifier.verify(file.resolveSibling("other"), null))
        .isInstanceOf(NoSuchFileException.class);
  }
}
