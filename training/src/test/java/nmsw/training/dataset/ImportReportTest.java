package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Nifti;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportReportTest {
  private static final String HOSTILE = "<img src=x onerror=alert(1)>'&";

  @TempDir private Path folder;

  private String report(String... more) throws IOException {
    Path from = Bodies.pairs(folder.resolve("from"), "a", "b");
    Files.writeString(from.resolve("cases.csv"), "\"" + HOSTILE + "\",test\n", StandardOpenOption.APPEND);
    Nifti.write(from.resolve("b_labels.nii.gz"), Bodies.valued(1, 3, 77));
    Importing.run(from, folder.resolve("set"), more);
    return Files.readString(folder.resolve("set/report.html"));
  }

  @Test
  void thePageTellsTheWholeDataSet() throws IOException {
    String page = report();
    assertTrue(page.contains("<p>Cases: 2, patients: 2</p>"));
    assertTrue(page.contains("<tr><td>liver<td class=n>2<td class=n>2<td class=n>28.8"));
    assertTrue(page.contains("Left out by the last import: 1"));
    assertTrue(page.contains("<code>NO_IMAGE</code>"));
    assertTrue(page.contains("EMPTY spleen"));
    assertTrue(page.contains("UNKNOWN_LABELS 1 "));
    assertTrue(page.contains("26 &times; 24 &times; 20 voxels of 3.00 &times; 3.00 &times; 5.00 mm"));
    assertTrue(page.indexOf("EMPTY spleen") < page.lastIndexOf("<section"), "findings come first");
    Matcher pictures = Pattern.compile("data:image/png;base64,([A-Za-z0-9+/=]+)\"").matcher(page);
    int count = 0;
    for (; pictures.find(); count++) {
      byte[] png = Base64.getDecoder().decode(pictures.group(1));
      assertEquals(560, ImageIO.read(new ByteArrayInputStream(png)).getWidth());
    }
    assertEquals(2, count);
  }

  @Test
  void thePageNeedsNothingElseAndRunsNothing() throws IOException {
    String page = report("--keep-names");
    assertFalse(page.contains("<img src=x"), "a name from outside became an element");
    assertTrue(page.contains("&lt;img src=x onerror=alert(1)&gt;&#39;&amp;"));
    String withoutPictures = page.replaceAll("data:image/png;base64,[A-Za-z0-9+/=]+", "");
    for (String outside : List.of("<script", "http:", "https:", "src=\"//", "url(", "@import", "<link")) {
      assertFalse(withoutPictures.contains(outside), outside);
    }
  }

  @Test
  void withPseudonymsNoLocalNameIsOnThePage() throws IOException {
    assertFalse(report().contains("onerror"));
  }

  @Test
  void labelsOfClassesAreEscapedToo() throws IOException {
    LabelClass liver = Bodies.TABLE.classes().get(0);
    LabelClass hostile =
        new LabelClass(
            1, "liver", "<b>liver", liver.category(), liver.type(), liver.modifier(), liver.region(),
            liver.regionModifier(), liver.rgb());
    Path table = folder.resolve("hostile.csv");
    new LabelTable(List.of(hostile)).write(table);
    String page = report("--classes", table.toString());
    assertFalse(page.contains("<b>"));
  }
}
