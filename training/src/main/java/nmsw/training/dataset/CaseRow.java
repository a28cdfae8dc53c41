package nmsw.training.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A case as its data set lists it. Only name and part are in every list; what a list does not say is empty, and the
 * patient is then named as the case.
 *
 * @param size voxels along x, y, z
 * @param spacing mm along x, y, z
 * @param annotated label values whose class was looked for: one that is not among the voxels is absent from the image, one that
 *     is not listed may be anywhere in the background; empty if the list does not say, and then all
 * @param millilitres volume by label value
 * @param findings what is odd about the case, without local names
 * @param ctSha256 {@link ContentHash} of the image
 * @param labelsSha256 {@link ContentHash} of the labels
 * @param source signature of the files that the case was made of
 */
record CaseRow(
    String name,
    String patient,
    Part part,
    List<Integer> size,
    List<Double> spacing,
    List<Integer> annotated,
    SortedMap<Integer, Double> millilitres,
    List<String> findings,
    String ctSha256,
    String labelsSha256,
    String source) {
  /** A name that is a file's beginning on every system and can neither leave a folder nor hide in it. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}");

  static final String CASE = "case";
  static final String SPLIT = "split";
  static final List<String> COLUMNS =
      List.of(
          CASE, "patient", SPLIT, "size", "spacing_mm", "annotated", "volumes_ml", "findings", "ct_sha256",
          "labels_sha256", "source");

  CaseRow {
    size = List.copyOf(size);
    spacing = List.copyOf(spacing);
    annotated = List.copyOf(annotated);
    millilitres = new TreeMap<>(millilitres);
    findings = List.copyOf(findings);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("case name '" + name + "'");
    }
  }

  /**
   * @param cells by column
   * @throws IllegalArgumentException if a cell is wrong
   */
  static CaseRow parse(Map<String, String> cells) {
    String name = cells.get(CASE);
    String split = cells.get(SPLIT);
    SortedMap<Integer, Double> millilitres = new TreeMap<>();
    for (String volume : words(cells.getOrDefault("volumes_ml", ""), " ")) {
      String[] parts = volume.split(":", 2);
      if (parts.length < 2) {
        throw new IllegalArgumentException("volume '" + volume + "' of " + name);
      }
      millilitres.put(Integer.valueOf(parts[0]), Double.valueOf(parts[1]));
    }
    return new CaseRow(
        name,
        cells.getOrDefault("patient", name),
        Part.of(split)
            .orElseThrow(
                () -> new IllegalArgumentException("split '" + split + "' of " + name + " is none of " + parts())),
        words(cells.getOrDefault("size", ""), " ").stream().map(Integer::valueOf).toList(),
        words(cells.getOrDefault("spacing_mm", ""), " ").stream().map(Double::valueOf).toList(),
        words(cells.getOrDefault("annotated", ""), " ").stream().map(Integer::valueOf).toList(),
        millilitres,
        words(cells.getOrDefault("findings", ""), "; "),
        cells.getOrDefault("ct_sha256", ""),
        cells.getOrDefault("labels_sha256", ""),
        cells.getOrDefault("source", ""));
  }

  /** Whether the class of this label value was looked for. */
  boolean isAnnotated(int value) {
    return annotated.isEmpty() || annotated.contains(value);
  }

  /** In the order of {@link #COLUMNS}. */
  List<String> cells() {
    List<String> cells = new ArrayList<>(List.of(name, patient, part.text()));
    cells.add(joined(size));
    cells.add(joined(spacing.stream().map(mm -> String.format(Locale.ROOT, "%.4f", mm)).toList()));
    cells.add(joined(annotated));
    cells.add(
        joined(
            millilitres.entrySet().stream()
                .map(volume -> String.format(Locale.ROOT, "%d:%.2f", volume.getKey(), volume.getValue()))
                .toList()));
    cells.add(String.join("; ", findings));
    cells.addAll(List.of(ctSha256, labelsSha256, source));
    return cells;
  }

  private static List<String> words(String text, String separator) {
    return text.isEmpty() ? List.of() : List.of(text.split(separator));
  }

  private static String joined(List<?> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  private static String parts() {
    return Arrays.stream(Part.values()).map(Part::text).collect(Collectors.joining(", "));
  }
}
