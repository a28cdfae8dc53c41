package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.RunCost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The bundled model on phantoms that it was not trained on. */
class EvaluateCommandTest {
  private static final Path CONFIG = Path.of(System.getProperty("nmsw.root"), "config");
  private static final Path MODEL = CONFIG.resolve("models/abdomen-phantom/2");
  private static final List<String> SELECTIONS = List.of("sw", "rf:5", "nmsw:1", "nmsw:5", "adaptive");

  @TempDir private Path folder;
  private final StringWriter err = new StringWriter();

  @Test
  void selectionsAreComparedSideBySide() throws IOException {
    Path csv = folder.resolve("compared.csv");
    assertEquals(0, evaluate("--compare", String.join(",", SELECTIONS), "--cases", "2", "--out", csv.toString()), err.toString());
    List<String> lines = Files.readAllLines(csv);
    List<String> header = Arrays.asList(lines.get(0).split(","));
    Map<String, Double> macs = new LinkedHashMap<>();
    Map<String, Double> patches = new LinkedHashMap<>();
    Map<String, Integer> rows = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split(",", -1);
      assertEquals(header.size(), fields.length, line);
      rows.merge(fields[0], 1, Integer::sum);
      for (String metric : List.of("dice", "nsd_2mm", "hd95_mm")) {
        double mean = number(header, fields, metric);
        double low = number(header, fields, metric + "_low");
        double high = number(header, fields, metric + "_high");
        assertTrue(low <= mean && mean <= high, line);
      }
      if (fields[1].equals("(mean)")) {
        assertEquals("2", fields[2], "cases");
        assertTrue(number(header, fields, "dice") > 0.8, line);
        assertTrue(number(header, fields, "seconds") > 0, line);
        macs.put(fields[0], number(header, fields, "macs"));
        patches.put(fields[0], number(header, fields, "patches"));
      }
    }
    assertEquals(SELECTIONS, new ArrayList<>(macs.keySet()));
    rows.forEach((selection, count) -> assertEquals(12, count, selection + ": 11 organs and their mean"));
    assertEquals(1, patches.get("nmsw:1"));
    assertEquals(5, patches.get("nmsw:5"));
    assertEquals(5, patches.get("rf:5"));
    ModelBundle bundle = ModelBundle.load(MODEL);
    NmswNet net = bundle.description().net(12);
    double patch = RunCost.of(net.local().costs(bundle.description().patch())).macs();
    assertEquals(4 * patch, macs.get("nmsw:5") - macs.get("nmsw:1"), 1, "four patches");
    assertEquals(patch * patches.get("sw"), macs.get("sw"), 1, "the sliding window has no other network");
    assertEquals(macs.get("nmsw:5"), macs.get("rf:5"));
  }

  @ParameterizedTest
  @CsvSource({"--compare,top-k", "--compare,''", "--cases,0"})
  void wrongUsageIsTold(String option, String value) throws IOException {
    Path csv = folder.resolve("none.csv");
    assertEquals(CommandLine.ExitCode.USAGE, evaluate(option, value, "--out", csv.toString()));
    assertTrue(err.toString().contains(option), err.toString());
    assertTrue(Files.notExists(csv));
  }

  private int evaluate(String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(CONFIG.resolve("training/abdomen-phantom.yaml").toString(), "--model", MODEL.toString()));
    arguments.addAll(List.of(options));
    return new CommandLine(new EvaluateCommand())
        .setErr(new PrintWriter(err))
        .execute(arguments.toArray(String[]::new));
  }

  private static double number(List<String> header, String[] fields, String column) {
    return Double.parseDouble(fields[header.indexOf(column)]);
  }
}
