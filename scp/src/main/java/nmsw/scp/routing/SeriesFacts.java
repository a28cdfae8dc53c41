package nmsw.scp.routing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.scp.config.Route;
import nmsw.scp.config.RouteAttribute;
import nmsw.volume.FrameHeader;

/**
 * What routing rules look at. Of an attribute that differs within the series, as where a localizer came with it, the
 * values that most objects have count.
 *
 * @param slices number of images received, each frame of an object being one
 * @param values of each attribute; none if most objects lack it
 * @param sliceThickness mm; empty if most objects have none
 */
public record SeriesFacts(
    String calledAe,
    String callingAe,
    int slices,
    Map<RouteAttribute, List<String>> values,
    OptionalDouble sliceThickness) {
  /** Beyond all attributes that are looked at. */
  private static final int STOP = Tag.NumberOfFrames + 1;

  public SeriesFacts {
    values = Map.copyOf(values);
  }

  /** Reads the header of every object of a series; every frame of an enhanced CT counts as an image. */
  public static SeriesFacts of(String calledAe, String callingAe, Collection<Path> objects) throws IOException {
    Map<RouteAttribute, Map<List<String>, Integer>> seen = new EnumMap<>(RouteAttribute.class);
    Map<OptionalDouble, Integer> thicknesses = new HashMap<>();
    long slices = 0;
    for (Path object : objects) {
      Dataset header = DicomReader.readUntil(object, STOP).dataset();
      slices += Math.max(1, header.integer(Tag.NumberOfFrames).orElse(1));
      for (Dataset image : images(object, header)) {
        for (RouteAttribute attribute : RouteAttribute.values()) {
          Dataset says = image.contains(attribute.tag()) ? image : header;
          seen.computeIfAbsent(attribute, a -> new HashMap<>()).merge(values(says, attribute), 1, Integer::sum);
        }
        thicknesses.merge(image.number(Tag.SliceThickness), 1, Integer::sum);
      }
    }
    Map<RouteAttribute, List<String>> values = new EnumMap<>(RouteAttribute.class);
    seen.forEach((attribute, counts) -> values.put(attribute, mostFrequent(counts, List.of())));
    return new SeriesFacts(
        calledAe,
        callingAe,
        (int) Math.min(slices, Integer.MAX_VALUE),
        values,
        mostFrequent(thicknesses, OptionalDouble.empty()));
  }

  /** The first condition of a rule that the series does not meet, in words; empty if it meets all. */
  public Optional<String> unmet(Route.Conditions rule) {
    if (rule.calledAe().isPresent() && !rule.calledAe().get().equals(calledAe)) {
      return Optional.of("it was sent to " + calledAe + ", not " + rule.calledAe().get());
    }
    if (rule.callingAe().isPresent() && !rule.callingAe().get().equals(callingAe)) {
      return Optional.of("it came from " + callingAe + ", not " + rule.callingAe().get());
    }
    for (Map.Entry<RouteAttribute, List<String>> attribute : rule.attributes().entrySet()) {
      List<String> own = values.getOrDefault(attribute.getKey(), List.of());
      if (own.stream().noneMatch(value -> attribute.getValue().stream().anyMatch(p -> matches(p, value)))) {
        return Optional.of(
            attribute.getKey().key() + " is " + quoted(own, "absent", "\\") + ", not "
                + quoted(attribute.getValue(), "", " or "));
      }
    }
    if (slices < rule.minSlices()) {
      return Optional.of("it has " + slices + " slices, fewer than " + rule.minSlices());
    }
    return unmetThickness(rule);
  }

  private Optional<String> unmetThickness(Route.Conditions rule) {
    if (sliceThickness.isEmpty()) {
      boolean asked = rule.minSliceThickness().isPresent() || rule.maxSliceThickness().isPresent();
      return asked ? Optional.of("its slice thickness is not known") : Optional.empty();
    }
    double mm = sliceThickness.getAsDouble();
    if (mm < rule.minSliceThickness().orElse(mm)) {
      return Optional.of("its slices of " + mm + " mm are thinner than " + rule.minSliceThickness().getAsDouble() + " mm");
    }
    if (mm > rule.maxSliceThickness().orElse(mm)) {
      return Optional.of("its slices of " + mm + " mm are thicker than " + rule.maxSliceThickness().getAsDouble() + " mm");
    }
    return Optional.empty();
  }

  private static String quoted(List<String> values, String none, String between) {
    return values.isEmpty()
        ? none
        : values.stream().map(value -> "'" + value + "'").collect(Collectors.joining(between));
  }

  private static boolean matches(String pattern, String value) {
    String regex =
        pattern
            .chars()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
            .collect(Collectors.joining());
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.DOTALL)
        .matcher(value)
        .matches();
  }

  /** The headers of an object's images: of an enhanced CT what the functional groups say of each frame. */
  private static List<Dataset> images(Path object, Dataset header) throws IOException {
    if (!FrameHeader.isMultiFrame(header)) {
      return List.of(header);
    }
    Dataset groups = DicomReader.readUntil(object, Tag.PixelData).dataset();
    int frames;
    try {
      frames = FrameHeader.frames(groups);
    } catch (DicomException e) {
      // Refused by its code when it is read as a volume; until then it is sorted by what can be told.
      return List.of(header);
    }
    return IntStream.rangeClosed(1, frames).mapToObj(frame -> FrameHeader.of(groups, frame)).toList();
  }

  private static List<String> values(Dataset header, RouteAttribute attribute) {
    return header.strings(attribute.tag()).stream().map(String::strip).filter(value -> !value.isEmpty()).toList();
  }

  /** Among equally frequent ones always the same, whatever order the objects were read in. */
  private static <T> T mostFrequent(Map<T, Integer> counts, T none) {
    TreeMap<String, T> byText = new TreeMap<>();
    counts.keySet().forEach(value -> byText.put(value.toString(), value));
    T most = none;
    int count = 0;
    for (T value : byText.values()) {
      if (counts.get(value) > count) {
        most = value;
        count = counts.get(value);
      }
    }
    return most;
  }
}
