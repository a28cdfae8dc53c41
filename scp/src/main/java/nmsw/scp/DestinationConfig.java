package nmsw.scp;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.net.RemoteAe;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;

/**
 * Where results can be sent: one of {@code destinations} of the configuration.
 *
 * @param objects what it gets of a result, in the order of {@link ResultKind}
 * @param segmentation the form of its Segmentation, or of the one that its report refers to
 * @param commitment how long to wait for its report of storage commitment before asking again; empty if an object that it
 *     has accepted is done with
 * @param callingAe our AE title there; empty for the node's
 */
public record DestinationConfig(
    RemoteAe remote,
    Set<ResultKind> objects,
    SegmentationFormat segmentation,
    Optional<Duration> commitment,
    Optional<String> callingAe) {
  private static final Duration COMMITMENT = Duration.ofHours(1);

  public DestinationConfig {
    objects = Collections.unmodifiableSet(EnumSet.copyOf(objects));
  }

  /** All of them, by the name that routes use. */
  static Map<String, DestinationConfig> readAll(ConfigSection root) {
    ConfigSection section = root.section("destinations");
    Map<String, DestinationConfig> destinations = new LinkedHashMap<>();
    for (String name : section.keys()) {
      try {
        ConfigSection.name(name);
      } catch (IllegalArgumentException e) {
        section.problem(name, e.getMessage());
      }
      DestinationConfig destination =
          section.holdsMapping(name)
              ? read(section.section(name))
              : withDefaults(section.scalar(name, RemoteAe::parse, null));
      if (destination.remote() != null) {
        destinations.put(name, destination);
      }
    }
    if (section.keys().isEmpty()) {
      root.problem("destinations", "needs at least one, as NAME: AETITLE@HOST:PORT");
    }
    return destinations;
  }

  private static DestinationConfig withDefaults(RemoteAe remote) {
    return new DestinationConfig(
        remote, Set.of(ResultKind.SEG), SegmentationFormat.DEFAULT, Optional.empty(), Optional.empty());
  }

  private static DestinationConfig read(ConfigSection section) {
    DestinationConfig defaults = withDefaults(section.scalar("address", RemoteAe::parse, null));
    if (!section.keys().contains("address")) {
      section.problem("address", "is needed: AETITLE@HOST:PORT");
    }
    List<ResultKind> objects = section.list("objects", ResultKind::parse, List.copyOf(defaults.objects()));
    if (objects.isEmpty()) {
      section.problem("objects", "needs at least one of seg, sr, preview");
      objects = List.copyOf(defaults.objects());
    }
    SegmentationFormat format =
        new SegmentationFormat(
            section.scalar(
                "segmentation",
                text -> SegmentationFormat.parse(text, Compression.NONE.name()).kind(),
                defaults.segmentation().kind()),
            section.scalar(
                "compression",
                text -> SegmentationFormat.parse(Kind.BINARY.name(), text).compression(),
                defaults.segmentation().compression()));
    Optional<Duration> commitment =
        section.scalar("commitment", DestinationConfig::commitment, Optional.<Duration>empty());
    Optional<String> callingAe = Optional.ofNullable(section.scalar("callingAe", ConfigSection::aeTitle, null));
    section.end();
    return new DestinationConfig(defaults.remote(), new LinkedHashSet<>(objects), format, commitment, callingAe);
  }

  private static Optional<Duration> commitment(String text) {
    if (text.equals("true") || text.equals("false")) {
      return text.equals("true") ? Optional.of(COMMITMENT) : Optional.empty();
    }
    Duration patience = ConfigSection.parseDuration(text);
    if (patience.isZero()) {
      throw new IllegalArgumentException("must be longer than zero; false asks for none");
    }
    return Optional.of(patience);
  }
}
