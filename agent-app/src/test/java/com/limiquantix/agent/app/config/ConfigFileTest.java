package com.limiquantix.agent.app.config;

import static com.limiquantix.agent.app.config.ConfigFaultsTest.problems;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files are trusted, before a word of them is understood. */
final class ConfigFileTest {

  private final Path temporary;

  ConfigFileTest(@TempDir Path temporary) {
    this.temporary = temporary;
  }

  private final ConfigLoader loader = new ConfigLoader();
  private Path directory = Path.of("/");
  private Path file = Path.of("/");

  @BeforeEach
  void createFile() throws Exception {
    directory = Files.createDirectory(temporary.resolve("etc"));
    allow(directory, "rwxr-xr-x");
    file = directory.resolve("agent.yaml");
    Files.writeString(file, "log_level: debug\n");
    allow(file, "rw-r--r--");
  }

  @Test
  void givenAFileOfTheOwnUserThatOthersMayOnlyRead_thenItIsLoaded() {
    assertThat(loader.load(file)).isEqualTo(loadedDebug());
    assertThat(loader.loadIfPresent(file)).isEqualTo(loadedDebug());
  }

  @Test
  void givenNoFile_whenItWasNamed_thenThatIsAProblem() throws Exception {
    Files.delete(file);

    assertThat(problems(loader.load(file))).containsExactly(file + ": does not exist");
  }

  @Test
  void givenNoFile_whenItIsTheDefault_thenDefaultsAreInEffect() throws Exception {
    Files.delete(file);

    LoadResult defaults = new LoadResult.Loaded(AgentConfig.defaults());
    assertThat(loader.loadIfPresent(file)).isEqualTo(defaults);
    Files.delete(directory);
    assertThat(loader.loadIfPresent(file)).isEqualTo(defaults);
  }

  @Test
  void givenNoDefaultFileInADirectoryThatOthersMayWrite_thenSomebodyMayHaveRemovedIt()
      throws Exception {
    Files.delete(file);
    allow(directory, "rwxrwxr-x");

    assertThat(problems(loader.loadIfPresent(file)))
        .containsExactly(
            file
                + ": does not exist, and its directory may be written by its group or by"
                + " everybody; run chmod go-w on it");
  }

  @Test
  void givenADanglingLinkAtTheDefaultPlace_thenThatIsNotAnAbsentFile() throws Exception {
    Files.delete(file);
    Files.createSymbolicLink(file, directory.resolve("gone"));

    assertThat(problems(loader.loadIfPresent(file)))
        .containsExactly(file + ": is a link to a file that does not exist");
  }

  @Test
  void givenAFileInThePlaceOfTheDirectory_thenThatIsNotAnAbsentFile() {
    Path below = file.resolve("agent.yaml");

    assertThat(problems(loader.loadIfPresent(below)))
        .singleElement()
        .asString()
        .startsWith(below + ": can't be read: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-rw-r--", "rw-r--rw-", "rw--w----", "rw-rw-rw-"})
  void givenAFileThatOthersMayWrite_thenItIsRefused(String permissions) throws Exception {
    allow(file, permissions);

    assertThat(problems(loader.load(file)))
        .containsExactly(
            file + ": may be written by its group or by everybody; run chmod go-w on it");
  }

  @Test
  void givenADirectoryThatOthersMayWrite_thenItsFileIsRefused() throws Exception {
    allow(directory, "rwxrwxrwx");

    assertThat(problems(loader.load(file)))
        .containsExactly(
            file
                + ": its directory may be written by its group or by everybody; run chmod go-w on"
                + " it");
  }

  @Test
  void givenASharedDirectoryWhereNobodyCanReplaceFilesOfOthers_thenTheFileIsLoaded()
      throws Exception {
    assumeTrue(isRoot(), "Java sets the sticky bit through unix:mode as root or owner only");
    Files.setAttribute(directory, "unix:mode", 01777);

    assertThat(loader.load(file)).isEqualTo(loadedDebug());
  }

  @Test
  void givenAFileOfAnotherUser_thenItIsRefused() throws Exception {
    assumeTrue(isRoot(), "only root can give a file away");
    Files.setAttribute(file, "unix:uid", 4711);

    assertThat(problems(loader.load(file)))
        .containsExactly(
            file
                + ": is owned by user id 4711; it must be owned by root or by the user who runs"
                + " the agent");
  }

  @Test
  void givenAFileOfTheUserWhoRunsTheAgent_thenItIsLoaded() throws Exception {
    assumeTrue(isRoot(), "only root can give a file away");
    Files.setAttribute(file, "unix:uid", 4711);

    assertThat(new ConfigLoader(4711L).load(file)).isEqualTo(loadedDebug());
  }

  @Test
  void givenADirectoryOfAnotherUser_thenItsFileIsRefused() throws Exception {
    assumeTrue(isRoot(), "only root can give a directory away");
    Files.setAttribute(directory, "unix:uid", 4711);

    assertThat(problems(loader.load(file)))
        .singleElement()
        .asString()
        .startsWith(file + ": its directory is owned by user id 4711; ");
  }

  @Test
  void givenALink_thenItsTargetIsJudged() throws Exception {
    Path link = Files.createSymbolicLink(temporary.resolve("link.yaml"), file);
    assertThat(loader.load(link)).isEqualTo(loadedDebug());

    allow(file, "rw-rw-rw-");

    assertThat(problems(loader.load(link)))
        .containsExactly(
            link + ": may be written by its group or by everybody; run chmod go-w on it");
  }

  @Test
  void givenADirectoryOrADevice_thenItIsRefused() {
    assertThat(problems(loader.load(directory)))
        .containsExactly(directory + ": is not a regular file");
    assertThat(problems(loader.load(Path.of("/dev/null"))))
        .containsExactly("/dev/null: is not a regular file");
  }

  @Test
  void givenAPipeThatNobodyWrites_thenItIsRefusedWithoutWaiting() throws Exception {
    Path pipe = directory.resolve("pipe");
    Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();

    assertThat(problems(loader.load(pipe))).containsExactly(pipe + ": is not a regular file");
  }

  @Test
  void givenAFileThatMayNotBeRead_thenThatIsSaid() throws Exception {
    assumeTrue(!isRoot(), "root may read everything");
    allow(file, "-w-------");

    assertThat(problems(loader.load(file)))
        .containsExactly(file + ": permission to read it is denied");
  }

  @Test
  void givenAFileBeyondTheSizeLimit_thenItIsRefusedUnread() throws Exception {
    byte[] comment = new byte[2 * 1024 * 1024];
    Arrays.fill(comment, (byte) '#');
    Files.write(file, comment);

    assertThat(problems(loader.load(file)))
        .containsExactly(file + ": is larger than 1048576 bytes");
  }

  @Test
  void givenAFileOfExactlyTheSizeLimit_thenItIsLoaded() throws Exception {
    byte[] comment = new byte[ConfigFile.MAX_BYTES];
    Arrays.fill(comment, (byte) '#');
    Files.write(file, comment);

    assertThat(loader.load(file)).isEqualTo(new LoadResult.Loaded(AgentConfig.defaults()));
  }

  private static LoadResult loadedDebug() {
    return new LoadResult.Loaded(
        AgentConfig.defaults().toBuilder().logLevel(LogLevel.DEBUG).build());
  }

  private static void allow(Path path, String permissions) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static boolean isRoot() {
    return Long.valueOf(0).equals(ConfigFile.processUid());
  }
}
