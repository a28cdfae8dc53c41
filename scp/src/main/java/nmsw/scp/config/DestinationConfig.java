package nmsw.scp.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
 * @param characterSet Specific Character Set of what it gets; empty for the source's
 * @param authorization how a web service is shown who we are; empty if it does not ask
 */
public record DestinationConfig(
    DestinationAddress address,
    Set<ResultKind> objects,
    SegmentationFormat segmentation,
    Optional<Duration> commitment,
    Optional<String> callingAe,
    Optional<String> characterSet,
    Optional<HttpAuthorization> authorization) {
  /** Those of PS3.3 Tables C.12-2 and C.12-5 that stand alone. */
  private static final Set<String> CHARACTER_SETS =
      Set.of(
          "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 126", "ISO_IR 127", "ISO_IR 138", "ISO_IR 144",
          "ISO_IR 148", "ISO_IR 166", "ISO_IR 192", "ISO_IR 203", "GB18030", "GBK");

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
              : withDefaults(section.scalar(name, DestinationAddress::parse, null));
      if (destination.address() != null) {
        destinations.put(name, destination);
      }
    }
    if (section.keys().isEmpty()) {
      root.problem("destinations", "needs at least one, as NAME: AETITLE@HOST:PORT or NAME: https://HOST/PATH");
    }
    return destinations;
  }

  private static DestinationConfig withDefaults(DestinationAddress address) {
    return new DestinationConfig(
        address,
        Set.of(ResultKind.SEG),
        SegmentationFormat.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static DestinationConfig read(ConfigSection section) {
    DestinationConfig defaults = withDefaults(section.scalar("address", DestinationAddress::parse, null));
    if (!section.keys().contains("address")) {
      section.problem("address", "is needed: AETITLE@HOST:PORT or https://HOST/PATH");
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
    Optional<String> characterSet =
        Optional.ofNullable(section.scalar("characterSet", DestinationConfig::characterSet, null));
    Optional<HttpAuthorization> authorization = authorization(section);
    section.end();
    DestinationConfig destination =
        new DestinationConfig(
            defaults.address(),
            new LinkedHashSet<>(objects),
            format,
            commitment,
            callingAe,
            characterSet,
            authorization);
    destination.reportContradictions(section);
    return destination;
  }

  private static String characterSet(String text) {
    if (!CHARACTER_SETS.contains(text)) {
      throw new IllegalArgumentException("'" + text + "' is none of " + new TreeSet<>(CHARACTER_SETS));
    }
    return text;
  }

  private static Optional<HttpAuthorization> authorization(ConfigSection section) {
    Optional<Path> basic = section.optionalPath("basicFile");
    Optional<Path> bearer = section.optionalPath("bearerFile");
    if (basic.isPresent() && bearer.isPresent()) {
      section.problem("bearerFile", "there is a basicFile too; a request has one authorization");
    }
    return basic.isPresent()
        ? basic.map(file -> new HttpAuthorization(HttpAuthorization.Scheme.BASIC, file))
        : bearer.map(file -> new HttpAuthorization(HttpAuthorization.Scheme.BEARER, file));
  }

  /** What one way of sending has and the other has not. */
  private void reportContradictions(ConfigSection section) {
    if (address instanceof DestinationAddress.StowRs web) {
      if (commitment.isPresent()) {
        section.problem("commitment", "is for AETITLE@HOST:PORT; a web service is not asked for it");
      }
      if (callingAe.isPresent()) {
        section.problem("callingAe", "is for AETITLE@HOST:PORT; a web service knows no AE titles");
      }
      if (authorization.isPresent() && !web.isSecure()) {
        section.problem("address", "the secret would be open to everybody on the way; use https");
      }
    } else if (address != null && authorization.isPresent()) {
      section.problem("address", "basicFile and bearerFile are for https://HOST/PATH");
    }
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
