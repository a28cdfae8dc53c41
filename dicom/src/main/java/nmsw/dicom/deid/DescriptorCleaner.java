package nmsw.dicom.deid;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the words of a description that are known to be harmless: those of a list, vertebrae, and numbers
 * with a unit or of at most two digits that stand alone. Numbers side by side could be a date and go. Nothing
 * is kept that is part of a name of the patient.
 */
final class DescriptorCleaner {
  private static final String RESOURCE = "descriptor-words.txt";
  private static final Set<String> BUILT_IN = builtIn();

  /** Runs without separators; a hyphen, slash or point between digits does not separate. */
  private static final Pattern TOKEN =
      Pattern.compile("(?:[\\p{L}\\p{M}\\p{N}%]|(?<=\\d)[-/.,:](?=\\d))+");

  private static final Pattern VERTEBRA = Pattern.compile("[ctls]\\d{1,2}");
  private static final Pattern MEASURE =
      Pattern.compile("\\d{1,3}(?:[.,]\\d{1,3})?(?:mm|cm|ml|s|sec|kv|kvp|mas|ma|mgy|gy|%)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,2}(?:[.,]\\d{1,2})?");
  private static final Pattern NOT_PLAIN = Pattern.compile("[^ _+/,-]");

  private final Set<String> words;

  DescriptorCleaner(Set<String> more) {
    words = new HashSet<>(BUILT_IN);
    for (String word : more) {
      words.addAll(tokens(word));
    }
  }

  private static Set<String> builtIn() {
    Set<String> words = new HashSet<>();
    try (InputStream in = DescriptorCleaner.class.getResourceAsStream(RESOURCE);
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          words.addAll(List.of(line.split(" ")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + RESOURCE, e);
    }
    return words;
  }

  /** The words of a text, in lower case. */
  static Set<String> tokens(String text) {
    Set<String> tokens = new HashSet<>();
    TOKEN.matcher(text).results().forEach(m -> tokens.add(m.group().toLowerCase(Locale.ROOT)));
    return tokens;
  }

  /** What may stay of a text, perhaps nothing; the text itself where all of it may. */
  String clean(String text, Set<String> names) {
    List<String> tokens = new ArrayList<>();
    List<String> gaps = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(text);
    int end = 0;
    while (matcher.find()) {
      gaps.add(text.substring(end, matcher.start()));
      tokens.add(matcher.group());
      end = matcher.end();
    }
    StringBuilder kept = new StringBuilder();
    boolean previous = false;
    boolean all = true;
    for (int i = 0; i < tokens.size(); i++) {
      boolean stays = mayStay(tokens, i, names);
      if (stays) {
        if (!kept.isEmpty()) {
          String gap = previous ? NOT_PLAIN.matcher(gaps.get(i)).replaceAll("") : "";
          kept.append(gap.isEmpty() ? " " : gap);
        }
        kept.append(tokens.get(i));
      }
      previous = stays;
      all &= stays;
    }
    return all ? text : kept.toString();
  }

  private boolean mayStay(List<String> tokens, int index, Set<String> names) {
    String token = tokens.get(index).toLowerCase(Locale.ROOT);
    if (names.contains(token)) {
      return false;
    }
    if (words.contains(token) || VERTEBRA.matcher(token).matches() || MEASURE.matcher(token).matches()) {
      return true;
    }
    return NUMBER.matcher(token).matches()
        && !isNumeric(tokens, index - 1)
        && !isNumeric(tokens, index + 1);
  }

  private static boolean isNumeric(List<String> tokens, int index) {
    return index >= 0 && index < tokens.size() && Character.isDigit(tokens.get(index).codePointAt(0));
  }
}
