package com.limiquantix.agent.security.audit;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows a command without the secrets in it: values of options, assignments, fields and headers
 * whose name speaks of a secret, passwords in URLs, values of environment variables, and what
 * programs are known to take as a password. It is a guess by names, and rather masks too much: a
 * secret whose place nothing tells, such as a bare word, stays. One command each; one thread.
 */
final class SecretMask {
  static final String MASK = "***";

  /** Longer commands are cut: what is recorded is shorter still. */
  static final int MAX_CHARS = 8192;

  private static final int MAX_NESTING = 4;
  private static final int MAX_VARIABLES = 64;

  /** Of all names of variables, so that they leave room for the command in what is recorded. */
  private static final int MAX_VARIABLE_CHARS = 1024;

  /** A user name in a URL of that length is a token. */
  private static final int TOKEN_CHARS = 20;

  /** Parts of names. */
  private static final List<String> SECRET =
      List.of(
          "pass",
          "pwd",
          "secret",
          "token",
          "credential",
          "apikey",
          "api-key",
          "api_key",
          "accesskey",
          "access-key",
          "access_key",
          "privatekey",
          "private-key",
          "private_key",
          "auth",
          "bearer",
          "cookie");

  /** Whole names. */
  private static final List<String> SECRET_NAMES = List.of("psk", "pin", "cred", "creds");

  /** Ends of names whose value only says where the secret is. */
  private static final List<String> PLACES =
      List.of("-file", "_file", "-stdin", "-path", "_path", "-fd", "-dir");

  /** Short options that take a secret, by program. */
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("sshpass", "-p"),
          Map.entry("useradd", "-p"),
          Map.entry("usermod", "-p"),
          Map.entry("docker", "-p"),
          Map.entry("podman", "-p"),
          Map.entry("mysql", "-p"),
          Map.entry("mysqldump", "-p"),
          Map.entry("mysqladmin", "-p"),
          Map.entry("mariadb", "-p"),
          Map.entry("redis-cli", "-a"),
          Map.entry("ldapsearch", "-w"),
          Map.entry("ldapmodify", "-w"),
          Map.entry("ldapadd", "-w"),
          Map.entry("zip", "-P"),
          Map.entry("unzip", "-P"),
          Map.entry("curl", "-u"),
          Map.entry("smbclient", "-U"));

  private final StringBuilder out = new StringBuilder();
  private final int nesting;
  private @Nullable String option;
  private boolean programKnown;
  private boolean secretNext;
  private boolean lineNext;

  private SecretMask(int nesting) {
    this.nesting = nesting;
  }

  /**
   * A command as it may be shown.
   *
   * @param command a program, or without {@code args} a line for a shell
   * @param variables names of environment variables that are set for it
   */
  static String show(String command, List<String> args, Iterable<String> variables) {
    SecretMask mask = new SecretMask(0);
    int count = 0;
    for (String name : variables) {
      if (count++ == MAX_VARIABLES || mask.out.length() + name.length() > MAX_VARIABLE_CHARS) {
        mask.out.append("... ");
        break;
      }
      mask.out.append(name).append('=').append(MASK).append(' ');
    }
    if (args.isEmpty()) {
      mask.line(command);
      return mask.out.toString();
    }
    mask.argument(command);
    for (int i = 0; i < args.size(); i++) {
      mask.out.append(' ');
      if (mask.out.length() > MAX_CHARS) {
        mask.out.append("... (").append(args.size() - i).append(" more arguments)");
        break;
      }
      mask.argument(args.get(i));
    }
    return mask.out.toString();
  }

  private void argument(String text) {
    out.append(quoted(word(cut(text))));
  }

  private static String cut(String text) {
    return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS) + "...";
  }

  private static String quoted(String word) {
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      if (Character.isWhitespace(c) || "'\"\\$`;|&()<>".indexOf(c) >= 0) {
        return "'" + word.replace("'", "'\\''") + "'";
      }
    }
    return word.isEmpty() ? "''" : word;
  }

  /** A line for a shell, word by word; what is not a word stays as it is. */
  private void line(String whole) {
    String text = cut(whole);
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (Character.isWhitespace(c) || isOperator(c)) {
        if (c == '\n' || isOperator(c)) {
          newCommand();
        }
        out.append(c);
        i++;
      } else {
        int end = wordEnd(text, i);
        String raw = text.substring(i, end);
        String plain = unquoted(raw);
        String shown = word(plain);
        out.append(shown.equals(plain) ? raw : quoted(shown));
        i = end;
      }
    }
  }

  private void newCommand() {
    lineNext = false;
    option = null;
    programKnown = false;
    secretNext = false;
  }

  private static boolean isOperator(char c) {
    return ";|&()<>`".indexOf(c) >= 0;
  }

  private static int wordEnd(String text, int start) {
    char quote = 0;
    int i = start;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '\\' && quote != '\'') {
        i++;
      } else if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (Character.isWhitespace(c) || isOperator(c)) {
        return i;
      }
      i++;
    }
    return text.length();
  }

  private static String unquoted(String word) {
    StringBuilder plain = new StringBuilder(word.length());
    char quote = 0;
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      if (c == '\\' && quote != '\'' && i + 1 < word.length()) {
        plain.append(word.charAt(++i));
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private String word(String text) {
    if (secretNext) {
      secretNext = false;
      return MASK;
    }
    boolean isLine = lineNext && hasSpace(text);
    lineNext = text.startsWith("-") && !text.startsWith("--") && text.endsWith("c");
    if (isLine) {
      return inner(text);
    }
    if (!programKnown && !isAssignment(text)) {
      programKnown = true;
      option = OPTIONS.get(text.substring(lastSlash(text) + 1));
      return fields(credentials(text));
    }
    if (option != null && text.startsWith(option) && !text.startsWith("--")) {
      secretNext = text.equals(option);
      return secretNext ? text : option + MASK;
    }
    if ("-u".equals(option) && (text.equals("--user") || text.equals("--proxy-user"))) {
      secretNext = true;
      return text;
    }
    if (text.startsWith("-p=")) {
      return "-p=" + MASK;
    }
    int equals = text.indexOf('=');
    boolean named = equals > 0 && isName(text, 0, equals) && isSecret(text.substring(0, equals));
    if (named || (isAssignment(text) && !hasSpace(text))) {
      return text.substring(0, equals + 1) + MASK;
    }
    if (text.startsWith("-") && equals < 0 && isSecret(text)) {
      secretNext = true;
      return text;
    }
    if (!text.startsWith("-")) {
      // What another program runs, such as sudo or env, has options of its own.
      option = OPTIONS.getOrDefault(text.substring(lastSlash(text) + 1), option);
    }
    return nested(text);
  }

  private static int lastSlash(String text) {
    return Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\'));
  }

  private String nested(String text) {
    int colon = text.indexOf(':');
    if (colon > 0 && isName(text, 0, colon) && isSecret(text.substring(0, colon))) {
      return text.substring(0, colon + 1) + MASK;
    }
    return hasSpace(text) ? inner(text) : fields(credentials(text));
  }

  private static boolean hasSpace(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isWhitespace(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  /** A line within a word. */
  private String inner(String text) {
    if (nesting == MAX_NESTING) {
      return MASK;
    }
    SecretMask inner = new SecretMask(nesting + 1);
    inner.line(text);
    return inner.out.toString();
  }

  /**
   * NAME=VALUE as a shell takes it, with a name as environment variables have it, or a secret's.
   */
  private static boolean isAssignment(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || text.startsWith("-") || !isName(text, 0, equals)) {
      return false;
    }
    String name = text.substring(0, equals);
    return name.equals(name.toUpperCase(Locale.ROOT)) || isSecret(name);
  }

  private static boolean isName(String text, int start, int end) {
    for (int i = start; i < end; i++) {
      if (!isNameChar(text.charAt(i))) {
        return false;
      }
    }
    return end > start;
  }

  private static boolean isNameChar(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
  }

  private static boolean isSecret(String option) {
    int start = 0;
    while (start < option.length() && option.charAt(start) == '-') {
      start++;
    }
    String name = option.substring(start).toLowerCase(Locale.ROOT);
    for (String place : PLACES) {
      if (name.endsWith(place)) {
        return false;
      }
    }
    for (String part : SECRET) {
      if (name.contains(part)) {
        return true;
      }
    }
    return SECRET_NAMES.contains(name);
  }

  /** Without the password, or the token, in {@code scheme://user:password@host}. */
  private static String credentials(String text) {
    int scheme = text.indexOf("://");
    if (scheme < 0) {
      return text;
    }
    int start = scheme + 3;
    int end = start;
    while (end < text.length() && "/?#\"' ".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    int at = text.lastIndexOf('@', end - 1);
    if (at < start) {
      return text.substring(0, end) + credentials(text.substring(end));
    }
    int colon = text.indexOf(':', start);
    boolean password = colon >= 0 && colon < at;
    String shown = text.substring(start, at);
    if (password) {
      shown = text.substring(start, colon + 1) + MASK;
    } else if (at - start >= TOKEN_CHARS) {
      shown = MASK;
    }
    return text.substring(0, start)
        + shown
        + text.substring(at, end)
        + credentials(text.substring(end));
  }

  /** Without the values of fields with the name of a secret, in forms, queries and JSON. */
  private static String fields(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      shown.append(c);
      i++;
      if ((c == '=' || c == ':') && isSecret(nameBefore(text, i - 1))) {
        while (i < text.length() && (text.charAt(i) == '"' || text.charAt(i) == '\'')) {
          shown.append(text.charAt(i++));
        }
        int start = i;
        while (i < text.length() && "&;,\"'} \t\n".indexOf(text.charAt(i)) < 0) {
          i++;
        }
        shown.append(i > start ? MASK : "");
      }
    }
    return shown.toString();
  }

  private static String nameBefore(String text, int separator) {
    int end = separator;
    while (end > 0 && (text.charAt(end - 1) == '"' || text.charAt(end - 1) == '\'')) {
      end--;
    }
    int start = end;
    while (start > 0 && isNameChar(text.charAt(start - 1))) {
      start--;
    }
    return text.substring(start, end);
  }
}
