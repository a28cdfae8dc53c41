package nmsw.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.SelectionRequest.Kind;

/**
 * A way to select patches by the paper's short names: {@code sw} (sliding window), {@code rf:K} (random foreground), {@code
 * nmsw:K} (top-k) and {@code adaptive} (marginal gain).
 *
 * @param name as it was asked for
 */
record ComparedSelection(String name, SelectionRequest request) {
  private static final Pattern FORM = Pattern.compile("(sw|rf|nmsw|adaptive)(?::([1-9]\\d{0,5}))?");

  /**
   * Reads a list with commas.
   *
   * @param seed of the random selection
   * @throws IllegalArgumentException if an item is none of these or occurs twice; the message names it
   */
  static List<ComparedSelection> parse(String list, long seed) {
    List<ComparedSelection> selections = new ArrayList<>();
    for (String item : list.split(",", -1)) {
      Matcher form = FORM.matcher(item.strip());
      if (!form.matches() || form.group(1).equals("sw") && form.group(2) != null) {
        throw new IllegalArgumentException(
            "'" + item + "' is no selection; there are sw, rf:K, nmsw:K and adaptive, e.g. nmsw:30");
      }
      Kind kind =
          switch (form.group(1)) {
            case "sw" -> Kind.SLIDING_WINDOW;
            case "rf" -> Kind.RANDOM_FOREGROUND;
            case "nmsw" -> Kind.TOP_K;
            default -> Kind.MARGINAL_GAIN;
          };
      Optional<Integer> k = Optional.ofNullable(form.group(2)).map(Integer::valueOf);
      ComparedSelection selection =
          new ComparedSelection(item.strip(), new SelectionRequest(kind, k, seed));
      if (selections.contains(selection)) {
        throw new IllegalArgumentException("'" + item + "' stands there twice");
      }
      selections.add(selection);
    }
    return selections;
  }
}
