package nmsw.bench;

import java.util.List;
import java.util.Locale;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.MedNeXt;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.RunCost;
import nmsw.segmentation.nn.SwinUnetr;
import nmsw.segmentation.nn.UNet;

/** The cost columns of the paper's Table I, computed, with the paper's figures beside them (NMSW §11). */
final class TableOne {
  private static final int CLASSES = 14;
  private static final Int3 VOLUME = Int3.cube(480);
  private static final Int3 PATCH = Int3.cube(128);
  private static final double OVERLAP = 0.5;
  private static final Int3 RATE = Int3.cube(3);

  private static final List<Row> ROWS =
      List.of(
          new Row("U-Net", UNet.ofPaper(CLASSES), 26.5, 53.0, 51.3, 1.04, 4.80),
          new Row("Swin-UNETR", SwinUnetr.ofPaper(CLASSES), 15.5, 42.0, 68.7, 1.29, 6.30),
          new Row("MedNeXt", MedNeXt.ofPaper(CLASSES), 17.5, 44.1, 87.5, 1.56, 7.95));

  /**
   * A local network and the paper's figures for it.
   *
   * @param alone 10^6 parameters of the local network alone
   * @param both with the global network
   * @param sliding 10^12 "FLOPs" with the sliding window
   * @param five with NMSW and 5 patches
   * @param thirty with NMSW and 30 patches
   */
  private record Row(
      String title, Backbone local, double alone, double both, double sliding, double five, double thirty) {}

  private TableOne() {}

  static String text() {
    PatchGrid grid = PatchGrid.of(VOLUME, PATCH, OVERLAP);
    StringBuilder text = new StringBuilder();
    text.append(
        """
        %s voxels, %d classes, patches of %s (%d in the grid), global U-Net at %s.
        Parameters in units beside the paper's 10^6; NMSW's are those of both networks, the importance
        head and the class weights. Multiply-accumulates in 10^12: as the paper's tool counts them (what its
        Table I calls FLOPs; a transposed convolution once per output voxel and tap, norms and PReLU, but no
        group norm and no attention products) beside the paper's, and as they are needed, with their share
        of the sliding window's.

        """
            .formatted(VOLUME, CLASSES, PATCH, grid.cells(), VOLUME.dividedBy(RATE)));
    text.append(
        "%-11s%-6s%13s%8s%10s%8s%9s%10s%9s%n"
            .formatted(
                "local", "run", "parameters", "paper", "counted", "paper", "differs", "needed", "of SW"));
    for (Row row : ROWS) {
      append(text, row, grid);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Row row, PatchGrid grid) {
    NmswNet net = new NmswNet(UNet.ofPaper(CLASSES), row.local());
    long alone = row.local().paperParameterCount();
    long both = alone - row.local().parameterCount() + parameters(net);
    RunCost sliding = RunCost.slidingWindow(row.local(), grid);
    RunCost five = RunCost.nmsw(net, grid, RATE, 5);
    RunCost thirty = RunCost.nmsw(net, grid, RATE, 30);
    append(text, row.title(), "SW", alone, row.alone(), sliding, row.sliding(), sliding);
    append(text, "", "k=5", both, row.both(), five, row.five(), sliding);
    append(text, "", "k=30", both, row.both(), thirty, row.thirty(), sliding);
  }

  private static void append(
      StringBuilder text,
      String title,
      String run,
      long parameters,
      double paperParameters,
      RunCost cost,
      double paperCost,
      RunCost sliding) {
    text.append(
        String.format(
            Locale.ROOT,
            "%-11s%-6s%,13d%8.1f%10.3f%8.2f%+8.2f%%%10.3f%8.1f%%%n",
            title,
            run,
            parameters,
            paperParameters,
            cost.countedOperations() / 1e12,
            paperCost,
            100 * (cost.countedOperations() / 1e12 / paperCost - 1),
            cost.macs() / 1e12,
            100.0 * cost.macs() / sliding.macs()));
  }

  private static long parameters(NmswNet net) {
    return net.parameters().stream().mapToLong(ParameterSpec::size).sum();
  }
}
