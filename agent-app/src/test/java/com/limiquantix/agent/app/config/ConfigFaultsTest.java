package com.limiquantix.agent.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault has its place, its key and a sentence that says what to do. */
final class ConfigFaultsTest {

  private final Path directory;

  ConfigFaultsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static Arguments given(String yaml, String... problems) {
    return Arguments.of(yaml, List.of(problems));
  }

  static Stream<Arguments> contents() {
    return Stream.of(
        given(
            "# a comment\nlog_levl: debug\n",
            "2:1: log_levl: unknown key; did you mean log_level?"),
        given(
            "security:\n  comand_allowlist: []\n",
            "2:3: security.comand_allowlist: unknown key; did you mean command_allowlist?"),
        given(
            "command_allowlist: []\n",
            "1:1: command_allowlist: unknown key; did you mean command_allowlist in the section"
                + " security?"),
        given(
            "security.audit_logging: false\n",
            "1:1: security.audit_logging: unknown key; did you mean audit_logging in the section"
                + " security?"),
        given(
            "health:\n  log_level: info\n",
            "2:3: health.log_level: unknown key; did you mean log_level at the top level?"),
        given(
            "securty:\n  audit_logging: true\n",
            "1:1: securty: unknown key; did you mean the section security?"),
        given(
            "colour_of_the_sky: blue\n",
            "1:1: colour_of_the_sky: unknown key, and none is like it; --print-config lists all"
                + " keys"),
        given(
            "telemetry_interval_secs: often\n",
            "1:26: telemetry_interval_secs: \"often\" is not a whole number in decimal digits; the"
                + " key takes seconds, 1 to 3600"),
        given(
            "telemetry_interval_secs: 0\n",
            "1:26: telemetry_interval_secs: 0 is out of range; the key takes seconds, 1 to 3600"),
        given(
            "telemetry_interval_secs: -5\n",
            "1:26: telemetry_interval_secs: -5 is out of range; the key takes seconds, 1 to 3600"),
        given(
            "max_chunk_size: 99999999999999999999999999999999999999\n",
            "1:17: max_chunk_size: 999999999999999999999999... is out of range; the key takes"
                + " bytes, 4096 to 1048576"),
        given(
            "max_chunk_size: 4294967296\n",
            "1:17: max_chunk_size: 4294967296 is out of range; the key takes bytes, 4096 to"
                + " 1048576"),
        given(
            "log_max_files: \"5\"\n",
            "1:16: log_max_files: is quoted text but takes files, 1 to 100, without quotes"),
        given(
            "log_level: INFO\n",
            "1:12: log_level: \"INFO\" is not one of trace, debug, info, warn, error"),
        given(
            "log_file: agent.log\n",
            "1:11: log_file: \"agent.log\" is not an absolute path; the key takes \"\" for standard"
                + " output or an absolute path"),
        given(
            "log_file: \"\\U00110000\"\n",
            "1:14: this is not valid YAML: found unknown escape character 00110000"),
        given(
            "protocols: v2\n",
            "1:12: protocols: takes a list of at least one of v1, v2, written as [v1, v2]"),
        given(
            "protocols: []\n",
            "1:12: protocols: is empty; the key takes a list of at least one of v1, v2"),
        given("protocols: [v2, V1]\n", "1:17: protocols: \"V1\" is not one of v1, v2"),
        given("protocols: [v2, v1, v2]\n", "1:21: protocols: v2 is listed twice"),
        given(
            "device_path: Auto\n",
            "1:14: device_path: \"Auto\" is not an absolute path; the key takes auto, none or an"
                + " absolute path"),
        given(
            "pre_freeze_script_dir: \"/a\\nb\"\n",
            "1:24: pre_freeze_script_dir: \"/a\\u000ab\" has a control character, which no path may"
                + " have"),
        given(
            "post_thaw_script_dir:\n",
            "1:22: post_thaw_script_dir: has no value; remove the key or give it an absolute path"),
        given(
            "log_level: [info]\n",
            "1:12: log_level: is a list but takes one of trace, debug, info, warn, error"),
        given(
            "log_level: {a: 1}\n",
            "1:12: log_level: is a section but takes one of trace, debug, info, warn, error"),
        given(
            "security:\n",
            "1:10: security: has no keys; remove the section or indent its keys" + " below it"),
        given(
            "transport:\n  order: []\n",
            "2:10: transport.order: is empty; the key takes a list of at least one of vsock,"
                + " virtio_serial"),
        given(
            "transport:\n  order: [vsock, vsock]\n",
            "2:18: transport.order: vsock is listed twice"),
        given(
            "transport:\n  order: [virtio-serial]\n",
            "2:11: transport.order: \"virtio-serial\" is not one of vsock, virtio_serial"),
        given(
            "transport:\n  port_names: org.example.0\n",
            "2:15: transport.port_names: takes a list of 1 to 8 names, written as one \"- name\""
                + " per line"),
        given(
            "transport:\n  port_names: [../vda, a]\n",
            "2:16: transport.port_names: \"../vda\" is no port name; one has at most 64 letters,"
                + " digits, dots, dashes and underscores, and begins with a letter or digit"),
        given(
            "transport:\n  port_names: [a, a]\n",
            "2:15: transport.port_names: lists something twice; the key takes a list of 1 to 8"
                + " names"),
        given(
            "transport:\n  vsock_cid: 0\n",
            "2:14: transport.vsock_cid: 0 is out of range; the key takes 1 to 4294967294"),
        given(
            "transport:\n  vsock_port: 9443\n",
            "2:15: transport.vsock_port: 9443 is out of range; the key takes 1 to 1023"),
        given(
            "transport:\n  vsock_listen_port: 1024\n",
            "2:22: transport.vsock_listen_port: 1024 is out of range; the key takes 0 to 1023"),
        given(
            "security:\n  max_commands_per_minute: -1\n",
            "2:28: security.max_commands_per_minute: -1 is out of range; the key takes commands per"
                + " minute, 0 to 100000"),
        given(
            "security:\n  audit_loging: true\n",
            "2:3: security.audit_loging: unknown key; did you mean audit_logging?"),
        given(
            "limits:\n  max_concurrent_calls: 0\n",
            "2:25: limits.max_concurrent_calls: 0 is out of range; the key takes calls, 1 to 1024"),
        given(
            "limits:\n  max_bytes_per_call: 1G\n",
            "2:23: limits.max_bytes_per_call: \"1G\" is not a whole number in decimal digits; the"
                + " key takes bytes, 0 to 1099511627776"),
        given(
            "audit:\n  file: audit.log\n",
            "2:9: audit.file: \"audit.log\" is not an absolute path; the key takes an absolute"
                + " path"),
        given(
            "audit:\n  failure: ignore\n",
            "2:12: audit.failure: \"ignore\" is not one of allow, refuse"),
        given(
            "audit:\n  enabled: true\n",
            "2:3: audit.enabled: unknown key; did you mean enabled in the section health?"),
        given("health: true\n", "1:9: health: is a section and takes keys, indented below it"),
        given("health: [enabled]\n", "1:9: health: is a section and takes keys, indented below it"),
        given(
            "security:\n  command_allowlist: /bin/true\n",
            "2:22: security.command_allowlist: takes a list of at most 1024 commands, written as [] or"
                + " one \"- entry\" per line"),
        given(
            "security:\n  command_allowlist:\n    - yes\n    - ~\n    - [a]\n",
            "3:7: security.command_allowlist: \"yes\" is a bare name, which could be any file of that"
                + " name; write its absolute path",
            "4:7: security.command_allowlist: has no value; remove the key or give it an absolute"
                + " path in every entry",
            "5:7: security.command_allowlist: is a list but takes an absolute path in every entry"),
        given(
            "security:\n  profile: monitor_only\n",
            "2:12: security.profile: \"monitor_only\" is not one of open, managed, monitor-only"),
        given(
            "security:\n  command_allowlist: [bin/true, /bin/../x, /a -- ... b]\n",
            "2:23: security.command_allowlist: \"bin/true\" is not an absolute path; write it from"
                + " the / on",
            "2:33: security.command_allowlist: \"/bin/../x\" has a component ..; write the path that"
                + " it means",
            "2:44: security.command_allowlist: \"/a -- ... b\" has ... before its end; it stands for"
                + " all further arguments"),
        given(
            "security:\n  command_blocklist:\n    - /bin/true\n    - reboot\n",
            "4:7: security.command_blocklist: \"reboot\" is a bare name, which could be any file of"
                + " that name; write its absolute path"),
        given(
            "security:\n  allow_shell: no\n",
            "2:16: security.allow_shell: \"no\" is neither true nor false; write one"),
        given(
            "security:\n  allowed_users: [root, 'a b', '']\n",
            "2:25: security.allowed_users: \"a b\" is neither the name nor the number of a user",
            "2:32: security.allowed_users: \"\" is empty; write the name or the number of a user"),
        given(
            "security:\n  allow_file_write_paths: [srv, /srv/../etc]\n",
            "2:28: security.allow_file_write_paths: \"srv\" is not an absolute path; the key takes an"
                + " absolute path in every entry",
            "2:33: security.allow_file_write_paths: \"/srv/../etc\" has a component ..; write the"
                + " path that it means"),
        given(
            "security:\n  deny_file_read_paths: [\"/a\\0b\"]\n",
            "2:26: security.deny_file_read_paths: \"/a\\u0000b\" has a control character, which no"
                + " path may have"),
        given(
            "security:\n  disabled_operations: [Ping, quiesce, FileRed, flie]\n",
            "2:25: security.disabled_operations: \"Ping\" Ping can't be disabled, or a VM could be"
                + " lost or left frozen",
            "2:31: security.disabled_operations: \"quiesce\" ThawFilesystems can't be disabled, or a"
                + " VM could be lost or left frozen; name QuiesceFilesystems",
            "2:40: security.disabled_operations: \"FileRed\" is no method or capability of the agent;"
                + " did you mean FileRead?",
            "2:49: security.disabled_operations: \"flie\" is no method or capability of the agent; did"
                + " you mean file?"),
        given(
            "security:\n  allowed_operations: [Exec]\n",
            "2:24: security.allowed_operations: \"Exec\" is no method or capability of the agent; did"
                + " you mean exec?"),
        given("log_level: info\nlog_level: debug\n", "2:1: log_level: is already set in line 1"),
        given(
            "health:\n  enabled: true\n  enabled: false\n",
            "3:3: health.enabled: is already set in line 2"),
        given(
            "health: {enabled: true}\nhealth: {enabled: false}\n",
            "2:1: health: is already set in line 1"),
        given(
            "log_level: loud\nwhat: 1\nhealth:\n  interval_secs: 0\n  enabled: maybe\n",
            "1:12: log_level: \"loud\" is not one of trace, debug, info, warn, error",
            "2:1: what: unknown key, and none is like it; --print-config lists all keys",
            "4:18: health.interval_secs: 0 is out of range; the key takes seconds, 1 to 3600",
            "5:12: health.enabled: \"maybe\" is neither true nor false; write one"));
  }

  static Stream<Arguments> oddYaml() {
    return Stream.of(
        given("log_level: &a info\n", "1:12: anchors (&name) are not allowed; remove it"),
        given(
            "log_level: &a info\nlog_format: *a\n",
            "1:12: anchors (&name) are not allowed; remove it",
            "2:13: aliases (*name) are not allowed; write the value out"),
        given(
            "log_level: !!java.lang.ProcessBuilder [\"/bin/true\"]\n",
            "1:12: tags (!name) are not allowed; remove it"),
        given("max_chunk_size: !!int 4096\n", "1:17: tags (!name) are not allowed; remove it"),
        given("!!map {}\n", "1:1: tags (!name) are not allowed; remove it"),
        given(
            "%TAG ! tag:x.org,2000:\n---\nlog_level: info\n",
            "1:1: %TAG is not allowed; remove the line"),
        given(
            "health:\n  <<: {enabled: false}\n",
            "2:3: health.<<: merge keys are not allowed; write the values out"),
        given("? [a, b]\n: 1\n", "1:3: a key must be a word, not a list or section"),
        given("- log_level\n", "1:1: a configuration is made of lines \"key: value\""),
        given("just text\n", "1:1: a configuration is made of lines \"key: value\""),
        given("~\n", "1:1: a configuration is made of lines \"key: value\""),
        given(
            "log_level: info\n---\nlog_level: debug\n",
            "2:1: a second document begins here; a configuration is one document, remove the"
                + " \"---\""),
        given(
            "log_level: " + "[".repeat(9) + "]".repeat(9) + "\n",
            "1:19: values are nested more than 8 levels deep"),
        given("[".repeat(200_000), "1:9: values are nested more than 8 levels deep"),
        given("health:\n  enabled: yes\n", noFlag("yes")),
        given("health:\n  enabled: on\n", noFlag("on")),
        given("health:\n  enabled: True\n", noFlag("True")),
        given("health:\n  enabled: 1\n", noFlag("1")),
        given("log_max_files: 010\n", noNumber("010")),
        given("log_max_files: 0o10\n", noNumber("0o10")),
        given("log_max_files: 0x10\n", noNumber("0x10")),
        given("log_max_files: 1_0\n", noNumber("1_0")),
        given("log_max_files: 1:30\n", noNumber("1:30")),
        given("log_max_files: +5\n", noNumber("+5")),
        given("log_max_files: 5.0\n", noNumber("5.0")),
        given("log_max_files: 1e1\n", noNumber("1e1")),
        given("log_max_files: .nan\n", noNumber(".nan")),
        given("log_max_files: .inf\n", noNumber(".inf")),
        given("log_max_files: --5\n", noNumber("--5")),
        given("log_max_files: \u0665\n", noNumber("\u0665")),
        given(
            "log_max_files: null\n",
            "1:16: log_max_files: has no value; remove the key or give it files, 1 to 100"),
        given(
            "log_file: ~\n",
            "1:11: log_file: has no value; remove the key or give it \"\" for standard output or an"
                + " absolute path"),
        given("a: 1\0\n", "1:5: the control character U+0000 is not allowed; remove it"),
        given(
            "log_level: info\r\n# \u0007\r\n",
            "2:3: the control character U+0007 is not allowed; remove it"),
        given(
            "\"log_level\u202e\": info\n",
            "1:1: log_level\\u202e: unknown key; did you mean log_level?"));
  }

  private static String noFlag(String text) {
    return "2:12: health.enabled: \"" + text + "\" is neither true nor false; write one";
  }

  private static String noNumber(String text) {
    return "1:16: log_max_files: \""
        + text
        + "\" is not a whole number in decimal digits; the key takes files, 1 to 100";
  }

  @ParameterizedTest
  @MethodSource({"contents", "oddYaml"})
  void givenAFaultyFile_thenEveryFaultIsNamedWithItsPlaceAndKey(String yaml, List<String> problems)
      throws Exception {
    Path file = write(yaml.getBytes(StandardCharsets.UTF_8));

    assertThat(problems(new ConfigLoader().load(file))).isEqualTo(at(file, ":", problems));
  }

  @Test
  void givenTabsForIndentation_thenTheirLineIsNamed() throws Exception {
    Path file = write("health:\n\tenabled: true\n".getBytes(StandardCharsets.UTF_8));

    assertThat(problems(new ConfigLoader().load(file)))
        .singleElement()
        .asString()
        .startsWith(file + ":2:1: this is not valid YAML: ")
        .contains("TAB");
  }

  @Test
  void givenAnUnclosedQuote_thenItsLineIsNamed() throws Exception {
    Path file = write("log_level: info\nlog_file: \"/var\n".getBytes(StandardCharsets.UTF_8));

    assertThat(problems(new ConfigLoader().load(file)))
        .singleElement()
        .asString()
        .startsWith(file + ":3:1: this is not valid YAML: ");
  }

  @Test
  void givenAnEscapeThatIsNoCharacter_thenItsPlaceIsNamed() throws Exception {
    Path file = write("a: 1\nb: \"\\UFFFFFFFF\"\n".getBytes(StandardCharsets.UTF_8));

    assertThat(problems(new ConfigLoader().load(file)))
        .last()
        .asString()
        .startsWith(file + ":2:7: this is not valid YAML: no character has this number");
  }

  @Test
  void givenBytesThatAreNoUtf8_thenTheirPlaceIsNamed() throws Exception {
    byte[] bytes = "log_level: info\n# caf\u00e9 \u00ff".getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 2] = (byte) 0xff;
    Path file = write(bytes);

    assertThat(problems(new ConfigLoader().load(file)))
        .containsExactly(file + ":2:8: is not UTF-8 here; save the file as UTF-8");
  }

  @Test
  void givenUtf16_thenItIsRefused() throws Exception {
    Path file = write("log_level: info\n".getBytes(StandardCharsets.UTF_16));

    assertThat(problems(new ConfigLoader().load(file)))
        .containsExactly(file + ":1:1: is not UTF-8 here; save the file as UTF-8");
  }

  @Test
  void givenMoreProblemsThanAnybodyReads_thenTheListEnds() throws Exception {
    StringBuilder yaml = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      yaml.append("unheard_of_").append(i).append(": 1\n");
    }

    assertThat(problems(new ConfigLoader().load(write(yaml.toString().getBytes(UTF)))))
        .hasSize(101)
        .last()
        .asString()
        .endsWith("only the first 100 problems are listed");
  }

  @Test
  void givenMoreValuesThanAConfigurationCanHave_thenReadingEnds() throws Exception {
    Path file = write(("a: [" + "1,".repeat(30_000) + "]\n").getBytes(UTF));

    assertThat(problems(new ConfigLoader().load(file)))
        .singleElement()
        .asString()
        .endsWith("the file has more than 20000 values");
  }

  @Test
  void givenAVeryLongKeyAndValue_thenMessagesStayShort() throws Exception {
    Path file =
        write(("\"" + "k".repeat(900) + "\": 1\nlog_level: " + "v".repeat(9000)).getBytes(UTF));

    assertThat(problems(new ConfigLoader().load(file)))
        .hasSize(2)
        .allSatisfy(problem -> assertThat(problem.length()).isLessThan(500));
  }

  private static final Charset UTF = StandardCharsets.UTF_8;

  private Path write(byte[] bytes) throws Exception {
    Path file = directory.resolve("agent.yaml");
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    return file;
  }

  static List<String> problems(LoadResult result) {
    List<String> lines = new ArrayList<>();
    assertThat(result).isInstanceOf(LoadResult.Refused.class);
    for (ConfigProblem problem : ((LoadResult.Refused) result).problems()) {
      lines.add(problem.describe());
    }
    return lines;
  }

  private static List<String> at(Path file, String separator, List<String> problems) {
    List<String> lines = new ArrayList<>();
    for (String problem : problems) {
      lines.add(file + separator + problem);
    }
    return lines;
  }
}
