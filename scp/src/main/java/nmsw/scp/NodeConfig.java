package nmsw.scp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.TlsFiles;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;

/**
 * Everything that an operator can set, read from one YAML file ({@code config/node.yaml} is the commented
 * example). Unknown keys are refused; all problems are reported together. Relative paths are taken from the
 * file's folder.
 *
 * @param name this node's name in the job queue; every node that shares a database needs its own
 * @param aeTitles the called AE titles that are accepted; the first is also the one we send with
 * @param bind address to listen on
 * @param port TCP port to listen on; 0 takes a free one
 * @param callingAeTitles the calling AE titles that are accepted; empty accepts any
 * @param dataDirectory spool, outbox and the embedded database live here
 * @param modelsDirectory model bundles: {@code <name>/<version>/} and {@code <name>/current}
 * @param destinations where results can be sent, and which, by the name that routes use
 * @param routes what is done with a series; the first that matches counts
 * @param web where health and metrics are shown; empty where they are not
 */
public record NodeConfig(
    String name,
    List<String> aeTitles,
    String bind,
    int port,
    Set<String> callingAeTitles,
    Path dataDirectory,
    Path modelsDirectory,
    Map<String, Destination> destinations,
    List<Route> routes,
    Series series,
    Network network,
    Storage storage,
    Database database,
    Compute compute,
    Delivery delivery,
    Optional<Web> web) {

  /**
   * Where results can be sent.
   *
   * @param objects what it gets of a result, in the order of {@link ResultKind}
   * @param segmentation the form of its Segmentation, or of the one that its report refers to
   */
  public record Destination(RemoteAe remote, Set<ResultKind> objects, SegmentationFormat segmentation) {
    public Destination {
      objects = Collections.unmodifiableSet(EnumSet.copyOf(objects));
    }
  }

  /**
   * When a series is complete, and what is refused.
   *
   * @param quiet complete when its associations are released and nothing came for this long
   * @param maxWait complete at the latest when nothing came for this long
   * @param minSlices fewer slices are refused with TOO_FEW_SLICES
   */
  public record Series(Duration quiet, Duration maxWait, int minSlices) {}

  /**
   * Limits of the network side.
   *
   * @param maxAssociations open associations; more are rejected (transient, local limit exceeded)
   * @param maxPdu largest P-DATA-TF PDU that we take
   * @param idleTimeout an association that is silent for this long is aborted
   * @param artimTimeout a connection must send its A-ASSOCIATE-RQ within this time (PS3.8 §9.1.5)
   * @param compressed what is accepted behind the uncompressed transfer syntaxes
   * @param tls how connections are secured; empty for no TLS
   */
  public record Network(
      int maxAssociations,
      DataSize maxPdu,
      Duration idleTimeout,
      Duration artimTimeout,
      Compressed compressed,
      Optional<Tls> tls) {}

  /**
   * @param clientCertificates whether peers must show a certificate of a trusted authority
   */
  public record Tls(TlsFiles files, boolean clientCertificates) {}

  /** Which compressed transfer syntaxes are accepted. */
  public enum Compressed {
    /** All that can be decoded. */
    ALL,
    /** Those that cannot have lost anything. */
    LOSSLESS,
    NONE;

    static Compressed parse(String text) {
      for (Compressed value : values()) {
        if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
          return value;
        }
      }
      throw new IllegalArgumentException("is not all, lossless or none");
    }

    boolean accepts(TransferSyntax syntax) {
      return !syntax.encapsulated() || this == ALL || this == LOSSLESS && !syntax.mayBeLossy();
    }
  }

  /**
   * @param diskReserve free space of the data directory below which C-STORE is answered with A700
   * @param maxObject largest data set accepted
   */
  public record Storage(DataSize diskReserve, DataSize maxObject) {}

  /**
   * Where health and metrics are shown, by HTTP, to whoever can connect.
   *
   * @param port 0 takes a free one
   */
  public record Web(String bind, int port) {}

  /** @param url JDBC URL; the default is an embedded database in the data directory */
  public record Database(String url, String user, String password) {
    @Override
    public String toString() {
      return "Database[url=" + url + ", user=" + user + "]";
    }
  }

  /**
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param precision what networks compute in
   * @param threads CPU threads of the engine; 0 takes one per core
   * @param selection which patches the local network looks at, and how many
   */
  public record Compute(
      String device, PrecisionRequest precision, int threads, SelectionRequest selection) {}

  /**
   * @param connectTimeout for the TCP connection and the association
   * @param responseTimeout for the answer to one C-STORE
   * @param firstRetry wait after the first failure; doubles with each further one
   * @param maxRetry longest wait between two tries; there is no last try
   * @param tls whether destinations are spoken to in TLS, with the material of {@link Network#tls}
   */
  public record Delivery(
      Duration connectTimeout,
      Duration responseTimeout,
      Duration firstRetry,
      Duration maxRetry,
      boolean tls) {}

  private static final Pattern AE_TITLE =
      Pattern.compile(
          "[\\x21-\\x5B\\x5D-\\x7E]([\\x20-\\x5B\\x5D-\\x7E]{0,14}[\\x21-\\x5B\\x5D-\\x7E])?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final long MAX_FILE = 1 << 20;

  public NodeConfig {
    aeTitles = List.copyOf(aeTitles);
    callingAeTitles = Set.copyOf(callingAeTitles);
    destinations = Map.copyOf(destinations);
    routes = List.copyOf(routes);
  }

  public static NodeConfig read(Path file) throws IOException, ConfigException {
    if (Files.size(file) > MAX_FILE) {
      throw new ConfigException(file.toString(), List.of("larger than 1 MiB; this is not a node.yaml"));
    }
    String yaml = Files.readString(file, StandardCharsets.UTF_8);
    return parse(yaml, file.toString(), file.toAbsolutePath().getParent());
  }

  /**
   * @param source what to call the text in messages
   * @param base folder that relative paths start from
   */
  public static NodeConfig parse(String yaml, String source, Path base) throws ConfigException {
    List<String> problems = new ArrayList<>();
    YamlNode root;
    try {
      root = YamlNode.parse(yaml);
    } catch (IOException e) {
      throw new ConfigException(source, List.of(e.getMessage().strip()));
    }
    if (!(root instanceof YamlNode.Mapping mapping)) {
      throw new ConfigException(source, List.of("line 1: expected keys and values"));
    }
    NodeConfig config = bind(new ConfigSection("", mapping, problems), base);
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return config;
  }

  /** This configuration with another device and precision than the file's. */
  public NodeConfig withDevice(DeviceRequest device, PrecisionRequest precision) {
    return new NodeConfig(
        name,
        aeTitles,
        bind,
        port,
        callingAeTitles,
        dataDirectory,
        modelsDirectory,
        destinations,
        routes,
        series,
        network,
        storage,
        database,
        new Compute(device.toString(), precision, compute.threads(), compute.selection()),
        delivery,
        web);
  }

  /**
   * A time as the configuration writes it, e.g. {@code 500ms}, {@code 20s} or {@code 2m}.
   *
   * @throws IllegalArgumentException if it is none; the message names the forms
   */
  public static Duration duration(String text) {
    return ConfigSection.parseDuration(text);
  }

  /** Our own title: the one results are sent with. */
  public String aeTitle() {
    return aeTitles.get(0);
  }

  private static NodeConfig bind(ConfigSection root, Path base) {
    Path data = path(root, "dataDirectory", base);
    Map<String, Destination> destinations = destinations(root);
    NodeConfig config =
        new NodeConfig(
            root.scalar("name", NodeConfig::name, "nmsw-node"),
            aeTitles(root),
            root.string("bind", "0.0.0.0"),
            root.integer("port", 0, 65535, 11112),
            new LinkedHashSet<>(root.list("callingAeTitles", NodeConfig::aeTitle, List.of())),
            data,
            path(root, "modelsDirectory", base),
            destinations,
            routes(root, destinations),
            series(root.section("series")),
            network(root.section("network"), base),
            storage(root.section("storage")),
            database(root.section("database"), data),
            compute(root.section("compute")),
            delivery(root.section("delivery")),
            web(root));
    if (config.compute.selection().kind() == SelectionRequest.Kind.SLIDING_WINDOW
        && config.routes.stream().anyMatch(route -> route.deadline().isPresent())) {
      root.problem("compute", "selection sliding-window can keep no route's deadline");
    }
    if (config.delivery.tls() && config.network.tls().isEmpty()) {
      root.problem("delivery", "tls needs the material of network.tls");
    }
    root.end();
    return config;
  }

  private static List<String> aeTitles(ConfigSection root) {
    List<String> titles = root.list("aeTitles", NodeConfig::aeTitle, List.of("NMSW"));
    if (titles.isEmpty()) {
      root.problem("aeTitles", "needs at least one AE title");
    }
    return titles;
  }

  private static Map<String, Destination> destinations(ConfigSection root) {
    ConfigSection section = root.section("destinations");
    Map<String, Destination> destinations = new LinkedHashMap<>();
    for (String name : section.keys()) {
      try {
        name(name);
      } catch (IllegalArgumentException e) {
        section.problem(name, e.getMessage());
      }
      Destination destination =
          section.holdsMapping(name)
              ? destination(section.section(name))
              : destination(section.scalar(name, RemoteAe::parse, null));
      if (destination.remote() != null) {
        destinations.put(name, destination);
      }
    }
    if (section.keys().isEmpty()) {
      root.problem("destinations", "needs at least one, as NAME: AETITLE@HOST:PORT");
    }
    return destinations;
  }

  private static Destination destination(RemoteAe remote) {
    return new Destination(remote, Set.of(ResultKind.SEG), SegmentationFormat.DEFAULT);
  }

  private static Destination destination(ConfigSection section) {
    Destination defaults = destination(section.scalar("address", RemoteAe::parse, null));
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
    return new Destination(defaults.remote(), new LinkedHashSet<>(objects), format);
  }

  private static List<Route> routes(ConfigSection root, Map<String, Destination> destinations) {
    List<Route> routes = new ArrayList<>();
    for (ConfigSection section : root.sections("routes")) {
      String model = section.scalar("model", NodeConfig::name, null);
      if (model == null) {
        section.problem("model", "is needed: the name of a folder in modelsDirectory");
      }
      List<String> names = section.list("destinations", NodeConfig::name, List.of());
      if (names.isEmpty()) {
        section.problem("destinations", "needs at least one name of a destination");
      }
      for (String name : names) {
        if (!destinations.containsKey(name)) {
          section.problem("destinations", "'" + name + "' is not among the destinations");
        }
      }
      reportsReferToWhatIsSent(section, names, destinations);
      routes.add(
          new Route(
              conditions(section),
              model,
              names.stream().distinct().toList(),
              deadline(section),
              section.scalar("priority", Route.Priority::parse, Route.Priority.ROUTINE)));
      section.end();
    }
    if (routes.isEmpty()) {
      root.problem("routes", "needs at least one, with a model and destinations");
    }
    return routes;
  }

  private static Route.Conditions conditions(ConfigSection section) {
    Map<RouteAttribute, List<String>> attributes = new EnumMap<>(RouteAttribute.class);
    for (RouteAttribute attribute : RouteAttribute.values()) {
      List<String> patterns = section.list(attribute.key(), Function.identity(), List.of());
      if (!patterns.isEmpty()) {
        attributes.put(attribute, patterns);
      }
    }
    return new Route.Conditions(
        Optional.ofNullable(section.scalar("calledAe", NodeConfig::aeTitle, null)),
        Optional.ofNullable(section.scalar("callingAe", NodeConfig::aeTitle, null)),
        attributes,
        millimetres(section, "minSliceThickness"),
        millimetres(section, "maxSliceThickness"),
        section.integer("minSlices", 0, 100_000, 0));
  }

  private static OptionalDouble millimetres(ConfigSection section, String key) {
    double mm = section.number(key, 0, 1000, -1);
    return mm < 0 ? OptionalDouble.empty() : OptionalDouble.of(mm);
  }

  /** A report refers to segments: some destination of its route has to get them. */
  private static void reportsReferToWhatIsSent(
      ConfigSection route, List<String> names, Map<String, Destination> destinations) {
    Set<Kind> sent = EnumSet.noneOf(Kind.class);
    for (String name : names) {
      Destination destination = destinations.get(name);
      if (destination != null && destination.objects().contains(ResultKind.SEG)) {
        sent.add(destination.segmentation().kind());
      }
    }
    for (String name : names) {
      Destination destination = destinations.get(name);
      if (destination != null
          && destination.objects().contains(ResultKind.SR)
          && !sent.contains(destination.segmentation().kind())) {
        route.problem(
            "destinations",
            "'" + name + "' gets a report on a segmentation of kind "
                + destination.segmentation().kind().name().toLowerCase(Locale.ROOT)
                + ", which no destination of the route gets; add seg to its objects, or set its segmentation to the"
                + " kind that another gets");
      }
    }
  }

  private static Optional<Duration> deadline(ConfigSection route) {
    Duration deadline = route.duration("deadline", null);
    if (deadline != null) {
      positive(route, "deadline", deadline);
    }
    return Optional.ofNullable(deadline);
  }

  private static Series series(ConfigSection section) {
    Series series =
        new Series(
            section.duration("quiet", Duration.ofSeconds(10)),
            section.duration("maxWait", Duration.ofMinutes(10)),
            section.integer("minSlices", 1, 100_000, 16));
    if (series.maxWait().compareTo(series.quiet()) < 0) {
      section.problem("maxWait", "is shorter than quiet");
    }
    section.end();
    return series;
  }

  private static Optional<Web> web(ConfigSection root) {
    ConfigSection section = root.section("web");
    if (!root.holdsMapping("web")) {
      return Optional.empty();
    }
    Web web = new Web(section.string("bind", "127.0.0.1"), section.integer("port", 0, 65535, 11180));
    section.end();
    return Optional.of(web);
  }

  private static Network network(ConfigSection section, Path base) {
    Network network =
        new Network(
            section.integer("maxAssociations", 1, 10_000, 50),
            section.size("maxPdu", new DataSize(128 << 10)),
            section.duration("idleTimeout", Duration.ofMinutes(1)),
            section.duration("artimTimeout", Duration.ofSeconds(10)),
            section.scalar("compressed", Compressed::parse, Compressed.ALL),
            tls(section.section("tls"), base));
    long pdu = network.maxPdu().bytes();
    if (pdu < 4096 || pdu > 1 << 20) {
      section.problem("maxPdu", "is not between 4KiB and 1MiB");
    }
    positive(section, "idleTimeout", network.idleTimeout());
    positive(section, "artimTimeout", network.artimTimeout());
    section.end();
    return network;
  }

  private static Optional<Tls> tls(ConfigSection section, Path base) {
    if (section.keys().isEmpty()) {
      return Optional.empty();
    }
    Path identity = path(section, "certificate", base, "a file");
    Optional<Path> key = Optional.ofNullable(section.scalar("privateKey", text -> toPath(text, base), null));
    Path trusted = path(section, "trusted", base, "a file");
    Optional<String> password = Optional.ofNullable(section.string("password", null));
    boolean required = section.scalar("clientCertificates", NodeConfig::trueOrFalse, true);
    section.end();
    return identity == null || trusted == null
        ? Optional.empty()
        : Optional.of(new Tls(new TlsFiles(Optional.of(identity), key, trusted, password), required));
  }

  private static Storage storage(ConfigSection section) {
    Storage storage =
        new Storage(
            section.size("diskReserve", new DataSize(2L << 30)),
            section.size("maxObject", new DataSize(1L << 30)));
    section.end();
    return storage;
  }

  private static Database database(ConfigSection section, Path data) {
    String embedded = "jdbc:h2:file:" + data + "/nmsw;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;WRITE_DELAY=0";
    Database database =
        new Database(
            section.scalar("url", NodeConfig::jdbcUrl, embedded),
            section.string("user", ""),
            section.string("password", ""));
    section.end();
    return database;
  }

  private static Compute compute(ConfigSection section) {
    Compute compute =
        new Compute(
            section.scalar("device", NodeConfig::device, "auto"),
            section.scalar("precision", PrecisionRequest::parse, PrecisionRequest.AUTO),
            section.integer("threads", 0, 1024, 0),
            new SelectionRequest(
                section.scalar(
                    "selection", SelectionRequest.Kind::parse, SelectionRequest.Kind.TOP_K),
                Optional.of(section.integer("k", 1, 100_000, 0)).filter(k -> k > 0),
                section.integer("seed", 0, Integer.MAX_VALUE, 0)));
    section.end();
    return compute;
  }

  private static Delivery delivery(ConfigSection section) {
    Delivery delivery =
        new Delivery(
            section.duration("connectTimeout", Duration.ofSeconds(10)),
            section.duration("responseTimeout", Duration.ofMinutes(1)),
            section.duration("firstRetry", Duration.ofSeconds(5)),
            section.duration("maxRetry", Duration.ofMinutes(10)),
            section.scalar("tls", NodeConfig::trueOrFalse, false));
    positive(section, "connectTimeout", delivery.connectTimeout());
    positive(section, "responseTimeout", delivery.responseTimeout());
    positive(section, "firstRetry", delivery.firstRetry());
    if (delivery.maxRetry().compareTo(delivery.firstRetry()) < 0) {
      section.problem("maxRetry", "is shorter than firstRetry");
    }
    section.end();
    return delivery;
  }

  private static void positive(ConfigSection section, String key, Duration value) {
    if (value.isZero()) {
      section.problem(key, "must be longer than zero");
    }
  }

  private static boolean trueOrFalse(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is not true or false");
    };
  }

  private static Path path(ConfigSection section, String key, Path base) {
    return path(section, key, base, "a folder");
  }

  private static Path path(ConfigSection section, String key, Path base, String what) {
    Path path = section.scalar(key, text -> toPath(text, base), null);
    if (path == null) {
      section.problem(key, "is needed: " + what);
    }
    return path;
  }

  private static Path toPath(String text, Path base) {
    try {
      return base.resolve(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path", e);
    }
  }

  private static String aeTitle(String text) {
    if (!AE_TITLE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an AE title: 1 to 16 printable ASCII characters without backslash");
    }
    return text;
  }

  private static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a name: letters, digits, '.', '_' and '-', 64 at most");
    }
    return text;
  }

  private static String device(String text) {
    return DeviceRequest.parse(text).toString();
  }

  private static String jdbcUrl(String text) {
    if (!text.startsWith("jdbc:")) {
      throw new IllegalArgumentException("'" + text + "' is not a JDBC URL (jdbc:...)");
    }
    return text;
  }
}
