package com.limiquantix.agent.security.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a command is shown. In every example the secret contains "hush". */
final class SecretMaskTest {

  private static Arguments given(List<String> words, String shown) {
    return Arguments.of(words, shown);
  }

  static Stream<Arguments> arguments() {
    return Stream.of(
        given(List.of("/bin/ls", "-l", "/tmp"), "/bin/ls -l /tmp"),
        given(List.of("tool", "--password", "hush", "x"), "tool --password *** x"),
        given(List.of("tool", "--password=hush"), "tool --password=***"),
        given(List.of("tool", "-p=hush"), "tool -p=***"),
        given(List.of("tool", "--api-key", "hush"), "tool --api-key ***"),
        given(List.of("tool", "--auth-token=hush"), "tool --auth-token=***"),
        given(List.of("tool", "--client-secret", "hush hush"), "tool --client-secret ***"),
        given(List.of("tool", "--password-file", "/run/pw"), "tool --password-file /run/pw"),
        given(List.of("openssl", "-passin", "pass:hush"), "openssl -passin ***"),
        given(List.of("mysql", "-phush", "db"), "mysql -p*** db"),
        given(List.of("sshpass", "-p", "hush", "ssh", "h"), "sshpass -p *** ssh h"),
        given(List.of("sudo", "-n", "/bin/mysql", "-phush"), "sudo -n /bin/mysql -p***"),
        given(List.of("ssh", "-p", "22", "host"), "ssh -p 22 host"),
        given(List.of("mkdir", "-p", "/srv"), "mkdir -p /srv"),
        given(List.of("curl", "-u", "me:hush", "http://h/"), "curl -u *** http://h/"),
        given(List.of("curl", "--user", "me:hush", "http://h/"), "curl --user *** http://h/"),
        given(List.of("curl", "https://me:hush@h/x?a=1"), "curl https://me:***@h/x?a=1"),
        given(List.of("curl", "https://h/?token=hush&b=2"), "curl 'https://h/?token=***&b=2'"),
        given(
            List.of("git", "clone", "https://ghp_hushhushhushhushhush@h/r"),
            "git clone https://***@h/r"),
        given(List.of("curl", "-H", "Authorization: Bearer hush"), "curl -H Authorization:***"),
        given(List.of("curl", "-H", "X-Api-Key: hush"), "curl -H X-Api-Key:***"),
        given(
            List.of("curl", "-d", "{\"user\":\"u\",\"password\":\"hush\"}"),
            "curl -d '{\"user\":\"u\",\"password\":\"***\"}'"),
        given(List.of("env", "DB_HOST=hush", "run"), "env DB_HOST=*** run"),
        given(List.of("dd", "if=/dev/zero", "of=/dev/sda"), "dd if=/dev/zero of=/dev/sda"),
        given(List.of("sh", "-c", "mysql -phush db"), "sh -c 'mysql -p*** db'"),
        given(
            List.of("sh", "-c", "bash -c 'TOKEN=hush run --password hush'"),
            "sh -c 'bash -c '\\''TOKEN=*** run --password ***'\\'''"));
  }

  @ParameterizedTest
  @MethodSource("arguments")
  void givenArguments_thenSecretsAreMaskedAndTheRestIsAsAShellWouldTakeIt(
      List<String> words, String shown) {
    assertThat(SecretMask.show(words.get(0), words.subList(1, words.size()), List.of()))
        .isEqualTo(shown)
        .doesNotContain("hush");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mysql -phush db",
        "PASSWORD=hush run",
        "a; sshpass -p hush ssh h",
        "tool --token 'hush hush'",
        "tool --token=\"a hush\" | cat",
        "echo x && curl -H 'Authorization: Basic hush' http://h",
        "curl http://u:hush@h/",
        "(redis-cli -a hush)",
        "x=$(tool --secret hush)",
        "tool --password \\\nhush"
      })
  void givenALineForAShell_thenSecretsAreMasked(String line) {
    assertThat(SecretMask.show(line, List.of(), List.of())).contains("***").doesNotContain("hush");
  }

  @Test
  void givenALineWithoutSecrets_thenItIsShownAsItIs() {
    String line = "for i in 1 2; do  echo \"$i\" >>'/tmp/a b'; done";
    assertThat(SecretMask.show(line, List.of(), List.of())).isEqualTo(line);
  }

  @Test
  void givenVariables_thenTheirNamesAreShownAlone() {
    assertThat(SecretMask.show("run", List.of("x"), List.of("A", "LD_PRELOAD")))
        .isEqualTo("A=*** LD_PRELOAD=*** run x");
  }

  @Test
  void givenVariablesWithLongNames_thenTheyDoNotPushOutTheCommand() {
    String shown = SecretMask.show("run", List.of("x"), List.of("A", "B".repeat(5000)));
    assertThat(shown).isEqualTo("A=*** ... run x");
  }

  @Test
  void givenHugeCommands_thenWhatIsShownIsBounded() {
    String huge = "x ".repeat(1_000_000);
    assertThat(SecretMask.show(huge, List.of(), List.of()).length()).isLessThan(10_000);
    List<String> many = java.util.Collections.nCopies(100_000, "word");
    assertThat(SecretMask.show("run", many, List.of()))
        .endsWith("more arguments)")
        .hasSizeLessThan(10_000);
  }
}
