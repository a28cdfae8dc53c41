package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import nmsw.volume.phantom.ScanOption;
import picocli.CommandLine.Option;

/** Which synthetic abdomen, and how it is scanned: head-first supine, axial, unless options say otherwise. */
final class PhantomOptions {
  /** The field of view and length that hold any phantom whole. */
  private static final double FIELD_OF_VIEW_MM = 440;

  private static final double LENGTH_MM = 420;

  @Option(
      names = "--seed",
      defaultValue = "7",
      description = "Which patient; the same seed gives the same bytes (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--matrix",
      defaultValue = "512",
      description = "Rows and columns of a slice, 32 to 1024 (default: ${DEFAULT-VALUE}).")
  private int matrix;

  @Option(
      names = "--slices",
      defaultValue = "140",
      description = "Number of slices over 420 mm, 1 to 2000 (default: ${DEFAULT-VALUE}).")
  private int slices;

  @Option(
      names = "--scan",
      split = ",",
      paramLabel = "HOW",
      description =
          "How it is scanned, or what is the matter with the series; several separated by commas:"
              + " ${COMPLETION-CANDIDATES}.")
  private Set<ScanOption> scan = Set.of();

  void check() {
    if (matrix < 32 || matrix > 1024 || slices < 1 || slices > 2000) {
      throw new IllegalArgumentException("--matrix must be 32 to 1024, --slices 1 to 2000");
    }
  }

  AbdomenPhantom phantom() {
    return new AbdomenPhantom(seed);
  }

  /** The planes, with the UIDs that {@link #write} gives them. */
  SliceStack stack() {
    double spacing = FIELD_OF_VIEW_MM / matrix;
    SliceStack axial = AbdomenPhantom.standardStack(matrix, matrix, slices, spacing, spacing, LENGTH_MM / slices);
    return PhantomSeries.identified(PhantomSeries.planes(axial, scan), seed, scan);
  }

  List<Path> write(Path folder) throws IOException {
    return PhantomSeries.write(folder, phantom(), stack(), seed, scan);
  }
}
