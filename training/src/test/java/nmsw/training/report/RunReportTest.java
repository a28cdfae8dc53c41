package nmsw.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
  private static final String HOSTILE = "<script>alert('x')</script>&\"";

  @TempDir private Path folder;

  @Test
  void aRunThatHasNotBegunHasAPage() throws IOException {
    String page = page("ball");
    assertTrue(page.contains("No iteration yet"), page);
    assertTrue(page.contains("No validation yet"), page);
  }

  @Test
  void thePageShowsWhatTheTablesSay() throws IOException {
    fill("ball");
    String page = page("ball");
    assertTrue(page.contains("<dt>iterations</dt><dd>100 of 100</dd>"), page);
    assertTrue(page.contains("<dt>best validation Dice, at iteration 40</dt><dd>0.800</dd>"), page);
    assertTrue(page.contains("<dt>of it waiting for data</dt><dd>25.0 %</dd>"), page);
    assertTrue(page.contains("<dt>cases skipped</dt><dd>1</dd>"), page);
    assertTrue(page.contains("Prediction and patches, iteration 40"), page);
    assertTrue(page.contains("<title>iteration 80: 0.700</title>"), page);
    assertTrue(page.contains("<th scope=\"row\">peakRate</th><td>0.01</td>"), page);
    assertTrue(page.contains("Dice</th>"), page);
    assertFalse(page.contains("NaN"), page);
  }

  @Test
  void thePageNeedsNothingElse() throws IOException {
    fill("ball");
    String page = page("ball");
    assertFalse(page.contains("<script"), "a script");
    assertFalse(Pattern.compile("url\\(|@import|<link|<iframe").matcher(page).find(), "a resource");
    Matcher references = Pattern.compile("(?:src|href)=\"([^\"]{0,40})").matcher(page);
    int count = 0;
    while (references.find()) {
      assertTrue(references.group(1).startsWith("data:image/png;base64,"), references.group(1));
      count++;
    }
    assertEquals(4, count, "pictures");
  }

  @Test
  void namesAreText() throws IOException {
    fill(HOSTILE);
    String page = page(HOSTILE);
    assertFalse(page.contains("<script"), "markup out of a name");
    assertTrue(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"), page);
  }

  /** Every element but those that have no end is closed in order. */
  @Test
  void elementsAreNestedAsTheyShould() throws IOException {
    fill(HOSTILE);
    String page = page(HOSTILE).replaceFirst("<!DOCTYPE html>", "");
    Matcher tags = Pattern.compile("<(/?)([a-z0-9]+)(?:\\s[^<>]*?)?(/?)>").matcher(page);
    Deque<String> open = new ArrayDeque<>();
    while (tags.find()) {
      if (!tags.group(1).isEmpty()) {
        assertEquals(open.pop(), tags.group(2), "closed at " + tags.start());
      } else if (tags.group(3).isEmpty() && !List.of("meta", "img").contains(tags.group(2))) {
        open.push(tags.group(2));
      }
    }
    assertTrue(open.isEmpty(), "left open: " + open);
  }

  @Test
  void nothingElseIsLeftInTheFolder() throws IOException {
    fill("ball");
    page("ball");
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(List.of(), files.filter(file -> file.toString().endsWith(".tmp")).toList());
    }
  }

  private String page(String name) throws IOException {
    Map<String, String> recipe = new LinkedHashMap<>();
    recipe.put("name", name);
    recipe.put("version", "1");
    recipe.put("iterations", "100");
    recipe.put("peakRate", "0.01");
    new RunReport(folder, recipe, ValidationPicturesTest.table(name)).write();
    return Files.readString(folder.resolve("report.html"));
  }

  private void fill(String name) throws IOException {
    RunReport report = new RunReport(folder, Map.of(), ValidationPicturesTest.table(name));
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    report.keep("image", picture);
    report.keep("truth", picture);
    for (int i = 1; i <= 100; i++) {
      csv("log.csv")
          .append(
              "iteration,case,rate,low,high,patch,entropy,total,norm,seconds,wait",
              i + "," + RunCsv.field(name) + ",1e-3,1,2,3,4," + 6.0 / i + ",0.5,0.4,0.1");
      if (i % 40 == 0) {
        String field = RunCsv.field(name);
        csv("validation.csv").append("iteration,mean," + field, i + "," + (1 - i / 200.0) + ",NaN");
        csv("class-weights.csv").append("iteration," + field, i + "," + (0.5 + i / 400.0));
        report.keep(RunReport.ofIteration(i), picture);
      }
    }
    csv("skipped.csv").append("iteration,case,reason", "7,b," + RunCsv.field(HOSTILE));
    Grid grid = new Grid(4, 4, 4, Vec3.ZERO, new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(0, 0, 1));
    byte[] labels = new byte[64];
    labels[21] = 1;
    MetricTable metrics = new MetricTable(List.of("ball"));
    metrics.add("b", new LabelVolume(grid, labels), new LabelVolume(grid, labels));
    metrics.write(folder.resolve("evaluation.csv"));
  }

  private RunCsv csv(String name) {
    return new RunCsv(folder.resolve(name));
  }
}
