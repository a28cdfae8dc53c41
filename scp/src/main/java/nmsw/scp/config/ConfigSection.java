package nmsw.scp.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One mapping of the configuration being read. Every value asked for is noted, so that {@link #end()} can
 * refuse the keys that nobody asked for; problems are collected, not thrown, so that all are reported at
 * once.
 */
final class ConfigSection {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|min|h|d)");

  private static final int MAX_SECRET = 4096;
  private static final Pattern AE_TITLE =
      Pattern.compile(
          "[\\x21-\\x5B\\x5D-\\x7E]([\\x20-\\x5B\\x5D-\\x7E]{0,14}[\\x21-\\x5B\\x5D-\\x7E])?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final String path;
  private final YamlNode.Mapping mapping;
  private final Path base;
  private final List<String> problems;
  private final Set<String> known = new LinkedHashSet<>();

  /**
   * @param path what its keys are called by in messages: empty, or with a dot at its end
   * @param base folder that relative paths start from
   */
  ConfigSection(String path, YamlNode.Mapping mapping, Path base, List<String> problems) {
    this.path = path;
    this.mapping = mapping;
    this.base = base;
    this.problems = problems;
  }

  void problem(String key, String what) {
    YamlNode node = mapping.entries().get(key);
    int line = node == null ? mapping.line() : node.line();
    problems.add("line " + line + ": " + path + key + ": " + what);
  }

  String string(String key, String fallback) {
    return scalar(key, Function.identity(), fallback);
  }

  int integer(String key, int minimum, int maximum, int fallback) {
    return scalar(
        key,
        text -> {
          int value = parseInt(text);
          if (value < minimum || value > maximum) {
            throw new IllegalArgumentException(
                "'" + text + "' is not between " + minimum + " and " + maximum);
          }
          return value;
        },
        fallback);
  }

  double number(String key, double minimum, double maximum, double fallback) {
    return scalar(
        key,
        text -> {
          double value = parseDouble(text);
          if (!(value >= minimum && value <= maximum)) {
            throw new IllegalArgumentException(
                "'" + text + "' is not between " + minimum + " and " + maximum);
          }
          return value;
        },
        fallback);
  }

  Duration duration(String key, Duration fallback) {
    return scalar(key, ConfigSection::parseDuration, fallback);
  }

  /** One that has to be longer than zero. */
  Duration positiveDuration(String key, Duration fallback) {
    return scalar(
        key,
        text -> {
          Duration value = parseDuration(text);
          if (value.isZero()) {
            throw new IllegalArgumentException("must be longer than zero");
          }
          return value;
        },
        fallback);
  }

  /** {@code true} or {@code false}. */
  boolean flag(String key, boolean fallback) {
    return scalar(
        key,
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("'" + text + "' is not true or false");
            },
        fallback);
  }

  /** The path of a folder, which has to be named; null where it is not. */
  Path folder(String key) {
    return needed(key, "a folder");
  }

  /** The path of a file, which has to be named; null where it is not. */
  Path file(String key) {
    return needed(key, "a file");
  }

  Optional<Path> optionalPath(String key) {
    return Optional.ofNullable(scalar(key, this::toPath, null));
  }

  /**
   * Something that is nobody's business: under the key, or better alone in a file of its own that only the node's user can
   * read, whose path stands under the key with {@code File} behind it. A line end at the file's end does not count.
   */
  Optional<String> secret(String key) {
    Optional<String> here = Optional.ofNullable(string(key, null));
    String fileKey = key + "File";
    Optional<Path> file = optionalPath(fileKey);
    if (file.isEmpty()) {
      return here;
    }
    if (here.isPresent()) {
      problem(fileKey, "stands beside " + key + "; one of them is enough");
      return here;
    }
    try {
      return Optional.of(secretIn(file.get()));
    } catch (IOException e) {
      problem(fileKey, e.getMessage());
      return Optional.empty();
    }
  }

  private static String secretIn(Path file) throws IOException {
    if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
      throw new IOException(file + " is no file that this user (" + System.getProperty("user.name") + ") can read");
    }
    if (Files.size(file) > MAX_SECRET) {
      throw new IOException(file + " has " + Files.size(file) + " bytes, which no password has");
    }
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8).stripTrailing();
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not UTF-8 text", e);
    }
    if (text.isEmpty() || text.lines().count() > 1) {
      throw new IOException(file + " does not hold one line");
    }
    return text;
  }

  private Path needed(String key, String what) {
    Path value = scalar(key, this::toPath, null);
    if (value == null) {
      problem(key, "is needed: " + what);
    }
    return value;
  }

  private Path toPath(String text) {
    try {
      return base.resolve(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path", e);
    }
  }

  DataSize size(String key, DataSize fallback) {
    return scalar(key, DataSize::parse, fallback);
  }

  /**
   * The value under the key read by {@code reader}, whose IllegalArgumentException is reported as a problem.
   */
  <T> T scalar(String key, Function<String, T> reader, T fallback) {
    known.add(key);
    YamlNode node = mapping.entries().get(key);
    if (node == null) {
      return fallback;
    }
    if (!(node instanceof YamlNode.Scalar scalar) || scalar.text() == null || scalar.text().isBlank()) {
      problem(key, "needs one value");
      return fallback;
    }
    return read(key, scalar.text(), reader, fallback);
  }

  /** A list of values; one value alone counts as a list of one. */
  <T> List<T> list(String key, Function<String, T> reader, List<T> fallback) {
    known.add(key);
    YamlNode node = mapping.entries().get(key);
    if (node == null) {
      return fallback;
    }
    List<YamlNode> items = node instanceof YamlNode.Sequence sequence ? sequence.items() : List.of(node);
    List<T> values = new ArrayList<>();
    for (YamlNode item : items) {
      if (item instanceof YamlNode.Scalar scalar && scalar.text() != null) {
        T value = read(key, scalar.text(), reader, null);
        if (value != null) {
          values.add(value);
        }
      } else {
        problem(key, "needs a list of plain values");
      }
    }
    return values;
  }

  /** Whether keys and values stand under the key, where one value alone may stand too. */
  boolean holdsMapping(String key) {
    return mapping.entries().get(key) instanceof YamlNode.Mapping;
  }

  /** The mapping under the key; an empty one where there is none. */
  ConfigSection section(String key) {
    known.add(key);
    YamlNode node = mapping.entries().get(key);
    if (node instanceof YamlNode.Mapping inner) {
      return new ConfigSection(path + key + ".", inner, base, problems);
    }
    if (node != null) {
      problem(key, "needs keys and values under it");
    }
    return new ConfigSection(path + key + ".", new YamlNode.Mapping(Map.of(), mapping.line()), base, problems);
  }

  /** The mappings listed under the key. */
  List<ConfigSection> sections(String key) {
    known.add(key);
    List<ConfigSection> sections = new ArrayList<>();
    YamlNode node = mapping.entries().get(key);
    if (node instanceof YamlNode.Sequence sequence) {
      for (YamlNode item : sequence.items()) {
        if (item instanceof YamlNode.Mapping inner) {
          sections.add(new ConfigSection(path + key + "[" + sections.size() + "].", inner, base, problems));
        } else {
          problem(key, "every item needs keys and values");
        }
      }
    } else if (node != null) {
      problem(key, "needs a list");
    }
    return sections;
  }

  /** The keys of this section, for one whose keys are names that the operator chooses. */
  Set<String> keys() {
    return mapping.entries().keySet();
  }

  /** Call last: reports the keys that were never asked for. */
  void end() {
    for (String key : keys()) {
      if (!known.contains(key)) {
        String meant = NearMiss.of(key, known).map(near -> ", is " + near + " meant?").orElse("");
        problem(key, "unknown key" + meant + "; known here: " + String.join(", ", known));
      }
    }
  }

  private <T> T read(String key, String text, Function<String, T> reader, T fallback) {
    try {
      return reader.apply(text.trim());
    } catch (IllegalArgumentException e) {
      problem(key, e.getMessage());
      return fallback;
    }
  }

  static Duration parseDuration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long amount = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "h" -> Duration.ofHours(amount);
        case "d" -> Duration.ofDays(amount);
        default -> Duration.ofMinutes(amount);
      };
    }
    try {
      Duration duration = Duration.parse(text);
      if (!duration.isNegative()) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // Falls through to the message, which names the forms that are accepted.
    }
    throw new IllegalArgumentException("'" + text + "' is not a duration; write 500ms, 10s, 5m, 2h or 1d");
  }

  /** Reads an AE title (PS3.5 §6.2). */
  static String aeTitle(String text) {
    if (!AE_TITLE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an AE title: 1 to 16 printable ASCII characters without backslash");
    }
    return text;
  }

  /** Reads a name that may also be that of a file. */
  static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a name: letters, digits, '.', '_' and '-', 64 at most");
    }
    return text;
  }

  private static int parseInt(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number", e);
    }
  }

  private static double parseDouble(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a number", e);
    }
  }
}
