package com.limiquantix.agent.app.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Reads the part of YAML that a configuration needs: one document of mappings, lists and single
 * values. Anchors, aliases and tags are complained about, and no object is ever built from them.
 * For one thread and one text.
 */
final class YamlReader {

  /** The schema is three levels deep; this leaves room to say what is wrong with a fourth. */
  static final int MAX_DEPTH = 8;

  /** Bounds the memory that a file of the permitted size can ask for. */
  static final int MAX_VALUES = 20_000;

  private final ParserImpl parser;
  private final Complaints complaints;
  private int values;

  private YamlReader(StreamReader text, Complaints complaints) {
    this.parser = new ParserImpl(text, new LoaderOptions());
    this.complaints = complaints;
  }

  /**
   * Returns the document, or empty if the text holds none or can't be read to its end; the
   * complaints tell the two apart.
   */
  static Optional<YamlNode> read(String text, Complaints complaints) {
    if (complainAboutInvisible(text, complaints)) {
      return Optional.empty();
    }
    StreamReader reader = new StreamReader(text);
    try {
      return new YamlReader(reader, complaints).document();
    } catch (GivenUp e) {
      complaints.add(e.at, null, e.reason);
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      complaints.add(mark == null ? null : position(mark), null, notYaml(e.getProblem()));
    } catch (YAMLException e) {
      complaints.add(null, null, notYaml(e.getMessage()));
    } catch (NumberFormatException e) {
      // The parser takes the digits of an escape for an int, which the largest eight do not fit.
      complaints.add(position(reader.getMark()), null, notYaml("no character has this number"));
    }
    return Optional.empty();
  }

  private static String notYaml(@Nullable String problem) {
    return "this is not valid YAML: "
        + (problem == null ? "no reason is given" : Texts.printable(problem, 200));
  }

  /** The parser gives no line for these, so they are looked for before it. */
  private static boolean complainAboutInvisible(String text, Complaints complaints) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (!StreamReader.isPrintable(c)) {
        complaints.add(
            new Position(line, column),
            null,
            "the control character U+" + hex4(c) + " is not allowed; remove it");
        return true;
      }
      i += Character.charCount(c);
      column++;
      if (c == '\n' || (c == '\r' && !text.startsWith("\n", i))) {
        line++;
        column = 1;
      }
    }
    return false;
  }

  private static String hex4(int c) {
    String hex = Integer.toHexString(c).toUpperCase(Locale.ROOT);
    return "0".repeat(Math.max(0, 4 - hex.length())) + hex;
  }

  private Optional<YamlNode> document() throws GivenUp {
    parser.getEvent();
    if (!(parser.getEvent() instanceof DocumentStartEvent start)) {
      return Optional.empty();
    }
    if (start.getTags() != null && !start.getTags().isEmpty()) {
      complaints.add(position(start.getStartMark()), null, "%TAG is not allowed; remove the line");
    }
    YamlNode root = node(parser.getEvent(), 1);
    parser.getEvent();
    Event next = parser.getEvent();
    if (next instanceof DocumentStartEvent) {
      throw new GivenUp(
          position(next.getStartMark()),
          "a second document begins here; a configuration is one document, remove the \"---\"");
    }
    return Optional.of(root);
  }

  private YamlNode node(Event event, int depth) throws GivenUp {
    Position at = position(event.getStartMark());
    if (++values > MAX_VALUES) {
      throw new GivenUp(at, "the file has more than " + MAX_VALUES + " values");
    }
    if (depth > MAX_DEPTH) {
      throw new GivenUp(at, "values are nested more than " + MAX_DEPTH + " levels deep");
    }
    boolean usable = acceptable((NodeEvent) event, at);
    YamlNode node =
        switch (event.getEventId()) {
          case Scalar -> scalar((ScalarEvent) event, at);
          case SequenceStart -> sequence(at, depth);
          case MappingStart -> mapping(at, depth);
          default -> new YamlNode.Unusable(at);
        };
    return usable ? node : new YamlNode.Unusable(at);
  }

  private boolean acceptable(NodeEvent event, Position at) {
    if (event instanceof AliasEvent) {
      complaints.add(at, null, "aliases (*name) are not allowed; write the value out");
      return false;
    }
    boolean usable = true;
    if (event.getAnchor() != null) {
      complaints.add(at, null, "anchors (&name) are not allowed; remove it");
      usable = false;
    }
    if (tag(event) != null) {
      complaints.add(at, null, "tags (!name) are not allowed; remove it");
      usable = false;
    }
    return usable;
  }

  private static @Nullable String tag(NodeEvent event) {
    if (event instanceof ScalarEvent scalar) {
      return scalar.getTag();
    }
    return event instanceof CollectionStartEvent collection ? collection.getTag() : null;
  }

  private static YamlNode scalar(ScalarEvent event, Position at) {
    return new YamlNode.Scalar(event.getValue(), event.isPlain(), at);
  }

  private YamlNode sequence(Position at, int depth) throws GivenUp {
    List<YamlNode> items = new ArrayList<>();
    for (Event e = parser.getEvent(); !e.is(Event.ID.SequenceEnd); e = parser.getEvent()) {
      items.add(node(e, depth + 1));
    }
    return new YamlNode.Sequence(items, at);
  }

  private YamlNode mapping(Position at, int depth) throws GivenUp {
    List<YamlNode.Entry> entries = new ArrayList<>();
    for (Event e = parser.getEvent(); !e.is(Event.ID.MappingEnd); e = parser.getEvent()) {
      YamlNode key = node(e, depth + 1);
      entries.add(new YamlNode.Entry(key, node(parser.getEvent(), depth + 1)));
    }
    return new YamlNode.Mapping(entries, at);
  }

  private static Position position(Mark mark) {
    return new Position(mark.getLine() + 1, mark.getColumn() + 1);
  }

  /** Ends the reading of a file whose rest is of no use. */
  private static final class GivenUp extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Position at;
    private final String reason;

    GivenUp(Position at, String reason) {
      super(reason);
      this.at = at;
      this.reason = reason;
    }
  }
}
