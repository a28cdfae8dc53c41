package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import nmsw.dicom.Dataset;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import org.junit.jupiter.api.Test;

/** The conformance statement says what the objects hold. */
class ConformanceTest {
  private static final CtFixture CT = CtFixture.axial(18, 14, 6);
  private final List<String> statement;

  ConformanceTest() throws IOException {
    statement = Files.readAllLines(Path.of(System.getProperty("nmsw.root"), "docs", "CONFORMANCE.md"));
  }

  /** The cells of the rows of the table with that first cell in its header. */
  private List<String[]> table(String header) {
    List<String[]> rows = new ArrayList<>();
    int at = 0;
    while (!statement.get(at).startsWith("| " + header + " |")) {
      at++;
    }
    for (at += 2; statement.get(at).startsWith("|"); at++) {
      rows.add(statement.get(at).substring(2).split(" \\|( |$)"));
    }
    return rows;
  }

  @Test
  void kindsAndCompressionsOfSegmentations() {
    List<String> told = table("`segmentation`").stream().map(r -> r[0] + " " + r[1] + " " + r[2]).toList();
    List<String> real = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      SegmentationFormat format = new SegmentationFormat(kind, Compression.NONE);
      real.add(
          word(kind, SegmentationFormat.DEFAULT.kind()) + " " + kind.segmentationType() + (kind == Kind.FRACTIONAL ? ", PROBABILITY " : " ")
              + format.sopClassUid());
    }
    assertEquals(real, told);

    List<String> syntaxes = table("`compression`").stream().map(row -> row[0] + " " + row[2]).toList();
    real.clear();
    for (Compression compression : Compression.values()) {
      SegmentationFormat format = new SegmentationFormat(Kind.BINARY, compression);
      real.add(word(compression, SegmentationFormat.DEFAULT.compression()) + " " + format.transferSyntax().uid());
    }
    assertEquals(real, syntaxes);
  }

  private static String word(Enum<?> value, Enum<?> usual) {
    return "`" + value.name().toLowerCase(Locale.ROOT) + "`" + (value == usual ? " (default)" : "");
  }

  @Test
  void theReport() throws Exception {
    describes(table("attribute of the report"), MeasuredSeries.of(CT, CT.boxes(), 1).report());
  }

  @Test
  void thePreview() throws Exception {
    describes(
        table("attribute of the preview"),
        SecondaryCaptureTest.write(new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB)));
  }

  /** Each attribute of the object, beside those copied from the source, has a row, and each row is true. */
  private static void describes(List<String[]> rows, Dataset object) throws Exception {
    Dataset copied = new Dataset();
    SourceAttributes.copy(CT.slice(0), copied);
    TreeMap<String, Element> real = new TreeMap<>();
    for (Element element : object) {
      if (!copied.contains(element.tag()) && element.tag() != Tag.SpecificCharacterSet) {
        int tag = element.tag();
        real.put(String.format(Locale.ROOT, "(%04X,%04X)", tag >>> 16, tag & 0xFFFF), element);
      }
    }
    assertEquals(List.copyOf(real.keySet()), rows.stream().map(row -> row[0].split(" ")[0]).toList());
    for (String[] row : rows) {
      Element element = real.get(row[0].split(" ")[0]);
      String value = String.join("\\", object.strings(element.tag()));
      String told = row[1];
      if (told.startsWith("given")) {
        assertTrue(!element.items().isEmpty() || object.bytes(element.tag()).length > 0, row[0]);
      } else if (told.equals("derived")) {
        assertTrue(value.startsWith("2.25."), row[0]);
      } else if (told.startsWith("of the source")) {
        String source = CT.slice(0).string(element.tag()).orElse(told.endsWith("else 00") ? "00" : "");
        assertEquals(source, value, row[0]);
      } else if (told.endsWith("+ that of the source")) {
        int offset = Integer.parseInt(told.split(" ")[0]);
        assertEquals(offset + CT.slice(0).requireInt(element.tag()), Integer.parseInt(value), row[0]);
      } else if (told.equals("NMSW Node")) {
        assertTrue(!value.isEmpty(), row[0]);
      } else {
        assertEquals(told.equals("empty") ? "" : told, value, row[0]);
      }
    }
  }
}
