package com.limiquantix.agent.app.config;

import java.io.File;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration file and fails closed: whatever is not understood in every point is refused
 * as a whole, with every problem that was found. Safe for use by several threads; blocks for the
 * time of reading one file of at most 1 MiB.
 */
public final class ConfigLoader {

  private final ConfigFile files;

  /** Creates a loader that trusts files of root and of the user of this process. */
  public ConfigLoader() {
    this(ConfigFile.processUid());
  }

  ConfigLoader(@Nullable Long ownUid) {
    this.files = new ConfigFile(ownUid);
  }

  /** Returns where the configuration is if nobody names another place. */
  public static Path defaultFile() {
    return File.separatorChar == '\\'
        ? Path.of("C:\\ProgramData\\LimiQuantix\\agent.yaml")
        : Path.of("/etc/limiquantix/agent.yaml");
  }

  /** Reads a file that somebody has named; that it does not exist is a problem. */
  public LoadResult load(Path file) {
    return read(file, false);
  }

  /**
   * Reads the file at the default place; if there is none, all defaults are in effect, as after a
   * fresh installation. A file that exists and cannot be read is refused like any other.
   */
  public LoadResult loadIfPresent(Path file) {
    return read(file, true);
  }

  private LoadResult read(Path file, boolean mayBeAbsent) {
    return judge(file, files.read(file), mayBeAbsent);
  }

  LoadResult judge(Path file, ConfigFile.Content content, boolean mayBeAbsent) {
    if (content instanceof ConfigFile.Content.Text text) {
      return parse(file, text.text());
    }
    Complaints complaints = new Complaints(file);
    if (content instanceof ConfigFile.Content.Faulty faulty) {
      complaints.add(faulty.at(), null, faulty.message());
    } else if (mayBeAbsent) {
      return new LoadResult.Loaded(AgentConfig.defaults());
    } else {
      complaints.add(null, null, "does not exist");
    }
    return new LoadResult.Refused(complaints.inFileOrder());
  }

  LoadResult parse(Path file, String text) {
    Complaints complaints = new Complaints(file);
    Optional<YamlNode> root = YamlReader.read(text, complaints);
    AgentConfigBuilder builder = AgentConfig.defaults().toBuilder();
    root.ifPresent(node -> new Run(complaints, builder).root(node));
    return complaints.isEmpty()
        ? new LoadResult.Loaded(builder.build())
        : new LoadResult.Refused(complaints.inFileOrder());
  }

  /** The reading of one document. */
  private static final class Run {
    private final Complaints complaints;
    private final AgentConfigBuilder builder;
    private final Map<String, Position> seen = new HashMap<>();

    Run(Complaints complaints, AgentConfigBuilder builder) {
      this.complaints = complaints;
      this.builder = builder;
    }

    void root(YamlNode node) {
      if (node instanceof YamlNode.Mapping mapping) {
        entries(Schema.TOP, mapping);
      } else if (!(node instanceof YamlNode.Unusable) && !isEmptyDocument(node)) {
        complaints.add(node.at(), null, "a configuration is made of lines \"key: value\"");
      }
    }

    /** A file of nothing but comments and "---" holds one empty value. */
    private boolean isEmptyDocument(YamlNode node) {
      return node instanceof YamlNode.Scalar scalar && scalar.plain() && scalar.text().isEmpty();
    }

    private void entries(String section, YamlNode.Mapping mapping) {
      for (YamlNode.Entry entry : mapping.entries()) {
        if (complaints.full()) {
          return;
        }
        if (entry.key() instanceof YamlNode.Scalar key) {
          entry(section, key, entry.value());
        } else if (!(entry.key() instanceof YamlNode.Unusable)) {
          complaints.add(entry.key().at(), null, "a key must be a word, not a list or section");
        }
      }
    }

    private void entry(String section, YamlNode.Scalar name, YamlNode value) {
      String path = section.isEmpty() ? name.text() : section + "." + name.text();
      String shown = Texts.printable(path, Texts.MAX_QUOTED);
      if (name.plain() && name.text().equals("<<")) {
        complaints.add(name.at(), shown, "merge keys are not allowed; write the values out");
        return;
      }
      Position first = seen.putIfAbsent(section + '\0' + name.text(), name.at());
      if (first != null) {
        complaints.add(name.at(), shown, "is already set in line " + first.line());
        return;
      }
      Optional<ConfigKey<?>> key = Schema.find(section, name.text());
      if (key.isPresent()) {
        value(key.get(), value);
      } else if (section.isEmpty() && Schema.SECTIONS.contains(name.text())) {
        section(name.text(), value);
      } else {
        complaints.add(name.at(), shown, Suggestion.forKey(section, name.text()));
      }
    }

    private void section(String name, YamlNode value) {
      if (value instanceof YamlNode.Mapping mapping) {
        entries(name, mapping);
      } else if (value instanceof YamlNode.Scalar scalar && scalar.isNull()) {
        complaints.add(
            value.at(), name, "has no keys; remove the section or indent its keys below it");
      } else if (!(value instanceof YamlNode.Unusable)) {
        complaints.add(value.at(), name, "is a section and takes keys, indented below it");
      }
    }

    private void value(ConfigKey<?> key, YamlNode value) {
      key.read(value, builder, (at, message) -> complaints.add(at, key.path(), message));
    }
  }
}
