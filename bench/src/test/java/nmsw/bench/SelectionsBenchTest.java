package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny, untrained network over coarse volumes: what is counted, not how good it is. */
class SelectionsBenchTest {
  private static final Architecture TINY = new Architecture.UNet(List.of(4, 6, 6));
  private static final ModelDescription MODEL =
      new ModelDescription(
          "tiny", "1", TINY, TINY, new Vec3(12, 12, 12), -250, 500, Int3.cube(16), 0.5, Int3.cube(2), 4,
          Aggregation.NORMALISED_CW);

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void everySelectionHasALineAndTwoHaveOneInBfloat16() throws IOException {
    save(AbdomenPhantom.labelTable());
    assertEquals(0, run("--cases", "1", "--seed", "2"), err.toString());
    assertEquals(
        List.of(
            "top-k, k=1 f32", "top-k, k=3 f32", "top-k, k=4 (own) f32", "top-k, k=4 (own) bf16",
            "top-k, k=5 f32", "top-k, k=30 f32", "marginal-gain f32", "foreground-window f32",
            "random-foreground f32", "sliding-window f32", "sliding-window bf16"),
        table().stream().map(SelectionsBenchTest::title).toList());
    assertEquals("3.0", cells("top-k, k=3 f32").get(0));
    assertEquals("4.0", cells("random-foreground f32").get(0));
    assertEquals(cells("sliding-window f32").get(0), cells("sliding-window bf16").get(0));
    for (String line : table()) {
      double dice = Double.parseDouble(cells(title(line)).get(2));
      assertTrue(dice >= 0 && dice <= 1, line);
      assertEquals(title(line).endsWith("bf16"), line.endsWith(" %"), line);
    }
    double agreed = Double.parseDouble(cells("sliding-window bf16").get(3));
    double agreedForeground = Double.parseDouble(cells("sliding-window bf16").get(5));
    assertTrue(agreedForeground > 50 && agreedForeground <= agreed && agreed <= 100, out.toString());
  }

  @Test
  void seriesHaveNoTruth() throws IOException {
    save(BenchModel.labels(3));
    PhantomSeries.write(
        folder.resolve("ct"), new AbdomenPhantom(1), AbdomenPhantom.standardStack(48, 48, 40, 8, 8, 8), 1);
    assertEquals(0, run("--ct", folder.resolve("ct").toString()), err.toString());
    assertEquals("-", cells("top-k, k=4 (own) bf16").get(2));
    assertTrue(out.toString().contains("tiny 1 over 1 CT series"), out.toString());
  }

  @Test
  void aSeriesThatIsRefusedIsNamedBeforeAnythingIsRun() throws IOException {
    save(BenchModel.labels(3));
    PhantomSeries.write(
        folder.resolve("ct"), new AbdomenPhantom(1), AbdomenPhantom.standardStack(48, 48, 3, 8, 8, 8), 1);
    assertEquals(1, run("--ct", folder.resolve("ct").toString()));
    assertTrue(err.toString().contains("TOO_FEW_SLICES"), err.toString());
    assertTrue(err.toString().contains("take it out of the folder"), err.toString());
  }

  @Test
  void wrongUsageSaysWhatToDo() throws IOException {
    save(BenchModel.labels(3));
    assertEquals(2, run());
    assertTrue(err.toString().contains("are not the phantom's: name CT series with --ct"), err.toString());
    assertEquals(2, run("--cases", "0"));
    assertTrue(err.toString().contains("--cases must be 1 or more"), err.toString());
    assertEquals(2, run("--ct", folder.toString()));
    assertTrue(err.toString().contains("holds no DICOM file"), err.toString());
  }

  private void save(LabelTable labels) throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters =
            Parameters.initialise(manager, MODEL.net(labels.classes().size() + 1).parameters(), 5)) {
      new ModelBundle(MODEL, labels, "", parameters.tensors()).save(folder.resolve("model"));
    }
  }

  private int run(String... options) {
    String[] args = new String[options.length + 3];
    args[0] = "selections";
    args[1] = "--model";
    args[2] = folder.resolve("model").toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return BenchCommand.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }

  /** The lines below the table's header. */
  private List<String> table() {
    return out.toString().lines().dropWhile(line -> !line.equals(SelectionTrial.HEADER)).skip(1).toList();
  }

  /** Selection and precision of a line. */
  private static String title(String line) {
    return line.replaceFirst("^(.*?) +(f32|bf16) .*$", "$1 $2");
  }

  /** What stands behind selection and precision: patches, seconds, Dice, the two shares. */
  private List<String> cells(String title) {
    String line = table().stream().filter(l -> title(l).equals(title)).findFirst().orElseThrow();
    return List.of(line.replaceFirst("^.*? +(f32|bf16) +", "").split("\\s+"));
  }
}
