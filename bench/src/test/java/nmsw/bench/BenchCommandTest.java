package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
  private static final Path TABLE =
      Path.of(System.getProperty("nmsw.root"), "config", "labels", "totalsegmentator-v1.csv");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** The figures are those of {@code backbones.json}, an independent count, with the importance head added, rounded. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          U-Net;   SW;   26,522,045; 26.5; 51.396; 51.30; 20.186
          U-Net;   k=5;  53,044,923; 53.0;  1.042;  1.04;  0.409
          U-Net;   k=30; 53,044,923; 53.0;  4.788;  4.80;  1.881
          Swin-UNETR; SW;   15,703,304; 15.5; 68.715; 68.70; 68.638
          Swin-UNETR; k=5;  42,226,182; 42.0;  1.294;  1.29;  1.116
          Swin-UNETR; k=30; 42,226,182; 42.0;  6.303;  6.30;  6.118
          MedNeXt; SW;   17,549,360; 17.5; 87.488; 87.50; 83.814
          MedNeXt; k=5;  44,072,238; 44.1;  1.568;  1.56;  1.337
          MedNeXt; k=30; 44,072,238; 44.1;  7.945;  7.95;  7.446
          """)
  void macsPrintsTheFiguresBesideThePapers(
      String local, String run, String parameters, String paperParameters, String counted, String paper,
      String needed) {
    assertEquals(0, run("macs"));

    List<String> words = words(local, run);
    assertEquals(parameters, words.get(0));
    assertEquals(paperParameters, words.get(1));
    assertEquals(counted, words.get(2));
    assertEquals(paper, words.get(3));
    assertEquals(needed, words.get(5));
    double differs = Double.parseDouble(words.get(4).replace("%", ""));
    assertTrue(Math.abs(differs) <= 0.52, words.get(4));
    assertEquals(100 * (Double.parseDouble(counted) / Double.parseDouble(paper) - 1), differs, 0.06);
  }

  @Test
  void macsSaysHowManyWindowsTheGridHas() {
    assertEquals(0, run("macs"));
    assertTrue(out.toString().contains("(343 in the grid), global U-Net at 160x160x160"), out.toString());
  }

  @Test
  void metricsAreTimedWithoutSciPyToo() {
    assertEquals(
        0, run("metrics", "--size", "40,32,24", "--classes", "4", "--strays", "2", "--runs", "2", "--python", "/no/such"));
    assertTrue(out.toString().startsWith("40 x 32 x 24 voxels, 3 classes, 2 stray voxels each"), out.toString());
    assertTrue(out.toString().contains("ours, run 2: "), out.toString());
    assertTrue(out.toString().contains("SciPy: not installed (apt-get install python3-scipy)"), out.toString());
  }

  @ParameterizedTest
  @CsvSource({"--size,40", "--size,'4,40,40'", "--classes,1", "--runs,0", "--limit,-1"})
  void metricsThatCannotBeMeasuredAreWrongUsage(String option, String value) {
    assertEquals(2, run("metrics", option, value));
  }

  @Test
  void segmentationsAreMeasuredInEveryForm() {
    assertEquals(0, run("seg", TABLE.toString(), "--size", "24,20,10", "--runs", "1"));
    List<String> lines = out.toString().lines().filter(line -> line.startsWith("| ")).toList();
    assertEquals(13, lines.size(), out.toString());
    assertTrue(lines.get(1).startsWith("| binary none | "), lines.get(1));
    assertTrue(lines.get(9).startsWith("| labelmap rle | 10 | "), lines.get(9));
    assertTrue(lines.get(12).startsWith("| labelmap16 rle | 10 | "), lines.get(12));
  }

  @ParameterizedTest
  @CsvSource({"--size,40", "--size,'4,40,40'", "--runs,0"})
  void segmentationsThatCannotBeMeasuredAreWrongUsage(String option, String value) {
    assertEquals(2, run("seg", TABLE.toString(), option, value));
  }

  @Test
  void helpNamesTheSubcommands() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("macs"), out.toString());
  }

  @ParameterizedTest
  @CsvSource({"nothing", "''"})
  void wrongUsageIsToldFromFailure(String word) {
    assertEquals(2, word.isEmpty() ? run() : run(word));
    assertTrue(err.toString().contains("Usage: bench"), err.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          step --size 100;            --size 100x100x100
          step --size 192,192;        192,192
          step --size 96 --patch 128; --size 96x96x96
          step --patch 50;            --patch 50
          step --steps 0;             --steps
          step --channels 4,4;        channels
          step --backbone vnet;       vnet
          """)
  void stepsThatCanNotBeAreWrongUsage(String words, String said) {
    assertEquals(2, run(words.split(" ")));
    assertTrue(err.toString().contains(said), err.toString());
  }

  private int run(String... args) {
    return BenchCommand.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }

  /** The numbers of a run's line. */
  private List<String> words(String local, String run) {
    boolean inside = false;
    for (String line : out.toString().lines().toList()) {
      if (!line.startsWith(" ")) {
        inside = line.startsWith(local + " ");
      }
      List<String> words = List.of(line.strip().split("\\s+"));
      int at = words.indexOf(run);
      if (inside && at >= 0) {
        return words.subList(at + 1, words.size());
      }
    }
    throw new AssertionError("no line " + local + " " + run + " in\n" + out);
  }
}
