package nmsw.scp;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
 */
public record DestinationConfig(RemoteAe remote, Set<ResultKind> objects, SegmentationFormat segmentation) {
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
    return new DestinationConfig(remote, Set.of(ResultKind.SEG), SegmentationFormat.DEFAULT);
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
    section.end();
    return new DestinationConfig(defaults.remote(), new LinkedHashSet<>(objects), format);
  }
}
