package com.limiquantix.agent.app.config;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What one key takes: how it is read, checked and written.
 *
 * @param <T> the value as the configuration holds it
 */
sealed interface ValueType<T> {

  /** Takes what is wrong with a value. */
  interface Faults {
    void add(Position at, String message);
  }

  /** Returns the value, or empty after having said why there is none. */
  Optional<T> read(YamlNode node, Faults faults);

  /** Returns why the value is out of range, or empty. */
  Optional<String> fault(T value);

  /** Returns the value as YAML on one line, so that reading it gives the same value. */
  String render(T value);

  /** Returns unit and range, as documentation and messages show them. */
  String accepts();

  /** Reads a single value that was written at all. */
  private static Optional<YamlNode.Scalar> single(
      YamlNode node, String accepts, boolean quotable, Faults faults) {
    if (node instanceof YamlNode.Unusable) {
      return Optional.empty();
    }
    if (!(node instanceof YamlNode.Scalar scalar)) {
      String what = node instanceof YamlNode.Sequence ? "a list" : "a section";
      faults.add(node.at(), "is " + what + " but takes " + accepts);
      return Optional.empty();
    }
    if (scalar.isNull()) {
      faults.add(node.at(), "has no value; remove the key or give it " + accepts);
      return Optional.empty();
    }
    if (!scalar.plain() && !quotable) {
      faults.add(node.at(), "is quoted text but takes " + accepts + ", without quotes");
      return Optional.empty();
    }
    return Optional.of(scalar);
  }

  private static <V> Optional<V> inRange(
      V value, Optional<String> fault, Position at, Faults faults) {
    if (fault.isPresent()) {
      faults.add(at, fault.get());
      return Optional.empty();
    }
    return Optional.of(value);
  }

  /** A whole number in decimal digits. */
  record WholeNumber(long min, long max, String unit) implements ValueType<Long> {

    @Override
    public Optional<Long> read(YamlNode node, Faults faults) {
      return single(node, accepts(), false, faults)
          .flatMap(
              scalar -> {
                if (!isDecimal(scalar.text())) {
                  faults.add(
                      node.at(),
                      Texts.quoted(scalar.text())
                          + " is not a whole number in decimal digits; the key takes "
                          + accepts());
                  return Optional.empty();
                }
                if (scalar.text().length() > 18) {
                  faults.add(node.at(), outOfRange(Texts.printable(scalar.text(), 24)));
                  return Optional.empty();
                }
                long value = Long.parseLong(scalar.text());
                return inRange(value, fault(value), node.at(), faults);
              });
    }

    /** No leading zero: YAML 1.1 reads it as octal, people as decimal. */
    private static boolean isDecimal(String text) {
      int start = text.startsWith("-") ? 1 : 0;
      int digits = text.length() - start;
      if (digits == 0 || (digits > 1 && text.charAt(start) == '0')) {
        return false;
      }
      for (int i = start; i < text.length(); i++) {
        if (text.charAt(i) < '0' || text.charAt(i) > '9') {
          return false;
        }
      }
      return true;
    }

    private String outOfRange(String value) {
      return value + " is out of range; the key takes " + accepts();
    }

    @Override
    public Optional<String> fault(Long value) {
      return value < min || value > max
          ? Optional.of(outOfRange(value.toString()))
          : Optional.empty();
    }

    @Override
    public String render(Long value) {
      return value.toString();
    }

    @Override
    public String accepts() {
      return (unit.isEmpty() ? "" : unit + ", ") + min + " to " + max;
    }
  }

  /** True or false; the other spellings of YAML 1.1 mean different things to different readers. */
  record Flag() implements ValueType<Boolean> {

    @Override
    public Optional<Boolean> read(YamlNode node, Faults faults) {
      return single(node, accepts(), false, faults)
          .flatMap(
              scalar ->
                  switch (scalar.text()) {
                    case "true" -> Optional.of(true);
                    case "false" -> Optional.of(false);
                    default -> {
                      faults.add(
                          node.at(),
                          Texts.quoted(scalar.text()) + " is neither true nor false; write one");
                      yield Optional.empty();
                    }
                  });
    }

    @Override
    public Optional<String> fault(Boolean value) {
      return Optional.empty();
    }

    @Override
    public String render(Boolean value) {
      return value.toString();
    }

    @Override
    public String accepts() {
      return "true or false";
    }
  }

  /**
   * One of a few words.
   *
   * @param name how a value is written
   */
  record Choice<E>(List<E> values, Function<E, String> name) implements ValueType<E> {

    @Override
    public Optional<E> read(YamlNode node, Faults faults) {
      return single(node, accepts(), true, faults)
          .flatMap(
              scalar -> {
                for (E value : values) {
                  if (name.apply(value).equals(scalar.text())) {
                    return Optional.of(value);
                  }
                }
                faults.add(node.at(), Texts.quoted(scalar.text()) + " is not " + accepts());
                return Optional.empty();
              });
    }

    @Override
    public Optional<String> fault(E value) {
      return Optional.empty();
    }

    @Override
    public String render(E value) {
      return name.apply(value);
    }

    @Override
    public String accepts() {
      List<String> names = new ArrayList<>();
      for (E value : values) {
        names.add(name.apply(value));
      }
      return "one of " + String.join(", ", names);
    }
  }

  /**
   * A set of constants, at least one of them, each by its name in lower case.
   *
   * @param constants all that there are
   */
  record SetOf<E extends Enum<E>>(List<E> constants) implements ValueType<Set<E>> {

    @Override
    public Optional<Set<E>> read(YamlNode node, Faults faults) {
      if (node instanceof YamlNode.Unusable) {
        return Optional.empty();
      }
      if (!(node instanceof YamlNode.Sequence list)) {
        faults.add(node.at(), "takes " + accepts() + ", written as [" + names(constants) + "]");
        return Optional.empty();
      }
      Set<E> values = new LinkedHashSet<>();
      boolean right = true;
      for (YamlNode item : list.items()) {
        Optional<E> value =
            single(item, "one of " + names(constants), true, faults)
                .flatMap(scalar -> constant(scalar, item.at(), faults));
        right &= value.isPresent();
        if (value.isPresent() && !values.add(value.get())) {
          faults.add(item.at(), name(value.get()) + " is listed twice");
          right = false;
        }
      }
      return right ? inRange(values, fault(values), node.at(), faults) : Optional.empty();
    }

    private Optional<E> constant(YamlNode.Scalar scalar, Position at, Faults faults) {
      for (E constant : constants) {
        if (name(constant).equals(scalar.text())) {
          return Optional.of(constant);
        }
      }
      faults.add(at, Texts.quoted(scalar.text()) + " is not one of " + names(constants));
      return Optional.empty();
    }

    @Override
    public Optional<String> fault(Set<E> value) {
      return value.isEmpty()
          ? Optional.of("is empty; the key takes " + accepts())
          : Optional.empty();
    }

    @Override
    public String render(Set<E> value) {
      List<E> inOrder = new ArrayList<>(constants);
      inOrder.retainAll(value);
      return "[" + names(inOrder) + "]";
    }

    @Override
    public String accepts() {
      return "a list of at least one of " + names(constants);
    }

    private static <E extends Enum<E>> String names(List<E> constants) {
      List<String> names = new ArrayList<>();
      for (E constant : constants) {
        names.add(name(constant));
      }
      return String.join(", ", names);
    }

    private static String name(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Constants in an order that means something, at least one of them, none twice.
   *
   * @param members how they are written
   */
  record OrderOf<E extends Enum<E>>(SetOf<E> members) implements ValueType<List<E>> {

    @Override
    public Optional<List<E>> read(YamlNode node, Faults faults) {
      return members.read(node, faults).map(List::copyOf);
    }

    @Override
    public Optional<String> fault(List<E> value) {
      Set<E> distinct = new LinkedHashSet<>(value);
      return distinct.size() < value.size()
          ? Optional.of("lists something twice; the key takes " + accepts())
          : members.fault(distinct);
    }

    @Override
    public String render(List<E> value) {
      return "[" + SetOf.names(value) + "]";
    }

    @Override
    public String accepts() {
      return members.accepts();
    }
  }

  /** Names of virtio-serial ports. */
  record NameList() implements ValueType<List<String>> {

    static final int MAX_ENTRIES = 8;

    /** They become file names below {@code /dev/virtio-ports}. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    @Override
    public Optional<List<String>> read(YamlNode node, Faults faults) {
      if (node instanceof YamlNode.Unusable) {
        return Optional.empty();
      }
      if (!(node instanceof YamlNode.Sequence list)) {
        faults.add(node.at(), "takes " + accepts() + ", written as one \"- name\" per line");
        return Optional.empty();
      }
      List<String> names = new ArrayList<>();
      for (YamlNode item : list.items()) {
        single(item, "a name in every entry", true, faults)
            .flatMap(scalar -> inRange(scalar.text(), nameFault(scalar.text()), item.at(), faults))
            .ifPresent(names::add);
      }
      if (names.size() < list.items().size()) {
        return Optional.empty();
      }
      return inRange(names, fault(names), node.at(), faults);
    }

    private static Optional<String> nameFault(String name) {
      return NAME.matcher(name).matches()
          ? Optional.empty()
          : Optional.of(
              Texts.quoted(name)
                  + " is no port name; one has at most 64 letters, digits, dots, dashes and"
                  + " underscores, and begins with a letter or digit");
    }

    @Override
    public Optional<String> fault(List<String> value) {
      if (value.isEmpty() || value.size() > MAX_ENTRIES) {
        return Optional.of("has " + value.size() + " entries; the key takes " + accepts());
      }
      if (new LinkedHashSet<>(value).size() < value.size()) {
        return Optional.of("lists something twice; the key takes " + accepts());
      }
      return value.stream().map(NameList::nameFault).flatMap(Optional::stream).findFirst();
    }

    @Override
    public String render(List<String> value) {
      return "[" + String.join(", ", value.stream().map(Texts::yaml).toList()) + "]";
    }

    @Override
    public String accepts() {
      return "a list of 1 to " + MAX_ENTRIES + " names";
    }
  }

  /**
   * An absolute path of the system that the agent runs on, or a fixed word in its place.
   *
   * @param words what may stand instead of a path
   * @param meaning how documentation shows the words and their meaning
   */
  record PathOr(List<String> words, String meaning) implements ValueType<String> {

    @Override
    public Optional<String> read(YamlNode node, Faults faults) {
      return single(node, accepts(), true, faults)
          .flatMap(scalar -> inRange(scalar.text(), fault(scalar.text()), node.at(), faults));
    }

    @Override
    public Optional<String> fault(String value) {
      return words.contains(value) ? Optional.empty() : Paths.fault(value, accepts());
    }

    @Override
    public String render(String value) {
      return words.contains(value) && !value.isEmpty() ? value : Texts.yaml(value);
    }

    @Override
    public String accepts() {
      return meaning + " or an absolute path";
    }
  }

  /** An absolute path. */
  record AbsolutePath() implements ValueType<Path> {

    @Override
    public Optional<Path> read(YamlNode node, Faults faults) {
      return single(node, accepts(), true, faults)
          .flatMap(
              scalar ->
                  inRange(scalar.text(), Paths.fault(scalar.text(), accepts()), node.at(), faults))
          .map(Path::of);
    }

    @Override
    public Optional<String> fault(Path value) {
      return Paths.fault(value.toString(), accepts());
    }

    @Override
    public String render(Path value) {
      return Texts.yaml(value.toString());
    }

    @Override
    public String accepts() {
      return "an absolute path";
    }
  }

  /**
   * A list of texts, in the order in which they are written.
   *
   * @param entries what the list is of, in the plural
   * @param entry what one of them is
   * @param entryFault why a text is none, or empty
   */
  record ListOf(String entries, String entry, Function<String, Optional<String>> entryFault)
      implements ValueType<List<String>> {

    static final int MAX_ENTRIES = 1024;

    @Override
    public Optional<List<String>> read(YamlNode node, Faults faults) {
      if (node instanceof YamlNode.Unusable) {
        return Optional.empty();
      }
      if (!(node instanceof YamlNode.Sequence list)) {
        faults.add(node.at(), "takes " + accepts() + ", written as [] or one \"- entry\" per line");
        return Optional.empty();
      }
      List<String> texts = new ArrayList<>();
      for (YamlNode item : list.items()) {
        single(item, inEveryEntry(), true, faults)
            .flatMap(
                scalar ->
                    inRange(scalar.text(), entryFault.apply(scalar.text()), item.at(), faults))
            .ifPresent(texts::add);
      }
      if (texts.size() < list.items().size()) {
        return Optional.empty();
      }
      return inRange(texts, fault(texts), node.at(), faults);
    }

    private String inEveryEntry() {
      return entry + " in every entry";
    }

    @Override
    public Optional<String> fault(List<String> value) {
      if (value.size() > MAX_ENTRIES) {
        return Optional.of("has " + value.size() + " entries; the key takes " + accepts());
      }
      for (String text : value) {
        Optional<String> fault = entryFault.apply(text);
        if (fault.isPresent()) {
          return fault;
        }
      }
      return Optional.empty();
    }

    @Override
    public String render(List<String> value) {
      List<String> texts = new ArrayList<>();
      for (String text : value) {
        texts.add(Texts.yaml(text));
      }
      return "[" + String.join(", ", texts) + "]";
    }

    @Override
    public String accepts() {
      return "a list of at most " + MAX_ENTRIES + " " + entries;
    }
  }

  /** The one rule for paths. */
  final class Paths {

    private Paths() {}

    static Optional<String> fault(String path, String accepts) {
      boolean windows = File.separatorChar == '\\';
      boolean absolute =
          path.startsWith("/") || (windows && (path.startsWith("\\\\") || driveRooted(path)));
      if (!absolute) {
        return Optional.of(
            Texts.quoted(path) + " is not an absolute path; the key takes " + accepts);
      }
      if (path.length() > Texts.MAX_PATH) {
        return Optional.of("has a path of more than " + Texts.MAX_PATH + " characters");
      }
      if (hasControl(path)) {
        return Optional.of(Texts.quoted(path) + " has a control character, which no path may have");
      }
      try {
        Path unused = Path.of(path);
      } catch (InvalidPathException e) {
        return Optional.of(Texts.quoted(path) + " is not a path that this system knows");
      }
      return Optional.empty();
    }

    private static boolean driveRooted(String path) {
      return path.length() > 2
          && Character.isLetter(path.charAt(0))
          && path.charAt(1) == ':'
          && (path.charAt(2) == '\\' || path.charAt(2) == '/');
    }

    private static boolean hasControl(String path) {
      for (int i = 0; i < path.length(); i++) {
        if (Character.isISOControl(path.charAt(i))) {
          return true;
        }
      }
      return false;
    }
  }
}
