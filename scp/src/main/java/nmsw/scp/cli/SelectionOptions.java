package nmsw.scp.cli;

import java.time.Duration;
import java.util.Optional;
import nmsw.scp.config.NodeConfig;
import nmsw.segmentation.SelectionRequest;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which patches the local network looks at, and how long it may take. */
final class SelectionOptions {
  static final class KindConverter extends ParsedOption<SelectionRequest.Kind> {
    KindConverter() {
      super(SelectionRequest.Kind::parse);
    }
  }

  static final class DurationConverter extends ParsedOption<Duration> {
    DurationConverter() {
      super(NodeConfig::duration);
    }
  }

  @Option(
      names = "--selection",
      paramLabel = "NAME",
      converter = KindConverter.class,
      defaultValue = "top-k",
      description =
          "Which patches the local network looks at: top-k (the most important; the default), marginal-gain (as"
              + " many as cover what the global network doubts), sliding-window (all, without the global"
              + " network), foreground-window (all with foreground), random-foreground.")
  private SelectionRequest.Kind kind;

  @Option(
      names = "--k",
      paramLabel = "K",
      description =
          "Number of patches for the local network (default: the model's); of marginal-gain at most, four times"
              + " the model's by default. The windows take none.")
  private Integer k;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of random-foreground (default: 0).")
  private long seed;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "Bounds the number of patches so that the network is done so long after a series was begun, e.g. 20s or"
              + " 2m; the result says if patches were left out. The global network always runs.")
  private Duration deadline;

  Optional<Duration> deadline() {
    return Optional.ofNullable(deadline);
  }

  /**
   * @param line to report wrong usage with
   */
  SelectionRequest request(CommandLine line) {
    boolean window =
        kind == SelectionRequest.Kind.SLIDING_WINDOW || kind == SelectionRequest.Kind.FOREGROUND_WINDOW;
    require(line, k == null || k >= 1, "--k must be 1 or more");
    require(line, k == null || !window, "--k has no meaning for " + kind + ", which takes all its patches");
    require(line, deadline == null || !deadline.isZero(), "--deadline must be longer than zero");
    require(
        line,
        deadline == null || kind != SelectionRequest.Kind.SLIDING_WINDOW,
        "sliding-window takes every patch and can keep no --deadline");
    return new SelectionRequest(kind, Optional.ofNullable(k), seed);
  }

  private static void require(CommandLine line, boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(line, message);
    }
  }
}
