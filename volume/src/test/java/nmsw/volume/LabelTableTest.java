package nmsw.volume;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LabelTableTest {
  private static final Path LABELS = Path.of(System.getProperty("nmsw.root"), "config", "labels");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"totalsegmentator-v2,117", "totalsegmentator-v1,104", "word,16"})
  void everyShippedTableIsReadAndComesBackUnchanged(String name, int classes) throws IOException {
    LabelTable table = LabelTable.read(LABELS.resolve(name + ".csv"));
    assertEquals(classes, table.classes().size());
    Path copy = folder.resolve("copy.csv");
    table.write(copy);
    assertEquals(table, LabelTable.read(copy));
  }

  @Test
  void readsCodesLateralityAndColour() throws IOException {
    LabelClass kidney = LabelTable.read(LABELS.resolve("word.csv")).byName("kidney_left");
    assertEquals(3, kidney.index());
    assertEquals(new Code("SCT", "64033007", "Kidney"), kidney.type());
    assertEquals(Optional.of(new Code("SCT", "7771000", "Left")), kidney.modifier());
    assertEquals(46 << 16 | 138 << 8 | 184, kidney.rgb());
    assertEquals(Optional.empty(), kidney.region());
  }

  @Test
  void selectRenumbersInTheGivenOrder() throws IOException {
    LabelTable table = LabelTable.read(LABELS.resolve("totalsegmentator-v2.csv"));
    LabelTable two = table.select(List.of("liver", "kidney_right"));
    assertEquals(List.of(1, 2), two.classes().stream().map(LabelClass::index).toList());
    assertEquals("liver", two.byIndex(1).orElseThrow().name());
    assertEquals(table.byName("kidney_right").modifier(), two.byIndex(2).orElseThrow().modifier());
    assertTrue(two.byIndex(0).isEmpty() && two.byIndex(3).isEmpty());
    assertThrows(IllegalArgumentException.class, () -> table.select(List.of("liver", "liver")));
    assertThrows(IllegalArgumentException.class, () -> table.select(List.of("gills")));
  }

  @Test
  void quotedCellsMayHoldCommasAndQuotes() throws IOException {
    Code code = new Code("99X", "1", "Lobe, \"upper\"");
    LabelTable table =
        new LabelTable(
            List.of(
                new LabelClass(
                    7, "lobe", "lobe, upper", code, code, Optional.empty(), Optional.of(code),
                        Optional.empty(),
                    0xFF0001)));
    Path file = folder.resolve("quoted.csv");
    table.write(file);
    assertEquals(table, LabelTable.read(file));
  }

  private Path table(byte[]... rows) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(Files.readAllLines(LABELS.resolve("word.csv")).get(0).getBytes(UTF_8));
    for (byte[] row : rows) {
      bytes.write('\n');
      bytes.write(row);
    }
    Path file = folder.resolve("bad.csv");
    Files.write(file, bytes.toByteArray());
    return file;
  }

  private static String refusal(Path table) {
    return assertThrows(IOException.class, () -> LabelTable.read(table)).getMessage();
  }

  static Stream<Arguments> badRows() {
    String l64 = "l".repeat(65);
    return Stream.of(
        arguments("0,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "index '0' is not a number in 1..255"),
        arguments("256,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "index '256' is not"),
        arguments("x,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "index 'x' is not"),
        arguments("2,other,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "index 2 does not follow 2"),
        arguments("5,../a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "name '../a' must be"),
        arguments("5,first,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "name 'first' occurs twice, first in line 2"),
        arguments("5,a,,S,1,M,S,1,M,,,,,,,,,,1 2 3", "label must have 1 to 64 characters (DICOM LO), not 0"),
        arguments("5,a," + l64 + ",S,1,M,S,1,M,,,,,,,,,,1 2 3", "label must have 1 to 64 characters (DICOM LO), not 65"),
        arguments("5,a,First one,S,1,M,S,1,M,,,,,,,,,,1 2 3", "label 'First one' occurs twice, first in line 2"),
        arguments("5,a,Gr\u00f6\u00dfe,S,1,M,S,1,M,,,,,,,,,,1 2 3", "label 'Gr\u00f6\u00dfe' must be plain ASCII"),
        arguments("5,a,a\\b,S,1,M,S,1,M,,,,,,,,,,1 2 3", "must be plain ASCII without backslash"),
        arguments("5,a,a,,,,S,1,M,,,,,,,,,,1 2 3", "category is empty"),
        arguments("5,a,a,S,1,M,S,1,,,,,,,,,,,1 2 3", "type: scheme, code and meaning must all be given"),
        arguments("5,a,a,S,1,M,S,1,M,S,,,,,,,,,1 2 3", "modifier: scheme, code and meaning must all be given"),
        arguments("5,a,a,S,1,M,S,12345678901234567,M,,,,,,,,,,1 2 3", "type: scheme and code have at most 16"),
        arguments("5,a,a,S,1,M,12345678901234567,1,M,,,,,,,,,,1 2 3", "type: scheme and code have at most 16"),
        arguments("5,a,a,S,1,M,S,1," + l64 + ",,,,,,,,,,1 2 3", "the meaning 64 (DICOM LO)"),
        arguments("5,a,a,S,1,M,S,1,\u00c4,,,,,,,,,,1 2 3", "type 'S1\u00c4' must be plain ASCII"),
        arguments("5,a,a,SCT,123037005,M,S,1,M,,,,,,,,,,1 2 3", "category: '123037005' is no SNOMED CT concept"),
        arguments("5,a,a,S,1,M,SCT,T-62000,M,,,,,,,,,,1 2 3", "type: 'T-62000' is no SNOMED CT concept"),
        arguments("5,a,a,S,1,M,S,1,M,,,,,,,S,3,Left,1 2 3", "region_modifier without a region"),
        arguments("5,a,a,S,1,M,S,1,M,,,,,,,,,,", "rgb is empty"),
        arguments("5,a,a,S,1,M,S,1,M,,,,,,,,,,1 2", "rgb '1 2' must be three numbers"),
        arguments("5,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 300", "rgb '300' is not a number in 0..255"),
        arguments("5,a,a,S,1,M,S,1,M,,,,,,,,,1 2 3", "18 columns instead of 19"),
        arguments("5,\"a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3", "a quoted cell does not end"));
  }

  @ParameterizedTest
  @MethodSource("badRows")
  void aBadRowIsRefusedWithItsLineAndReason(String row, String reason) throws IOException {
    Path file = table("2,first,First one,S,1,M,S,2,M,,,,,,,,,,1 2 3".getBytes(UTF_8), row.getBytes(UTF_8));
    String refusal = refusal(file);
    assertTrue(refusal.contains("bad.csv line 3: ") && refusal.contains(reason), refusal);
    assertEquals(1, refusal.lines().count(), "nothing else is wrong: " + refusal);
  }

  @Test
  void twoClassesMayBeOfOneConcept() throws IOException {
    Path file =
        table(
            "1,node_a,Node a,S,1,M,S,2,M,,,,,,,,,,1 2 3".getBytes(UTF_8),
            "2,node_b,Node b,S,1,M,S,2,M,,,,,,,,,,1 2 4".getBytes(UTF_8));
    assertEquals(2, LabelTable.read(file).classes().size());
  }

  @Test
  void aTableThatIsNotUtf8IsRefusedWithTheLine() throws IOException {
    byte[] good = "2,first,First one,S,1,M,S,2,M,,,,,,,,,,1 2 3".getBytes(UTF_8);
    String refusal = refusal(table(good, "5,a,Gr\u00f6\u00dfe,S,1,M,S,1,M,,,,,,,,,,1 2 3".getBytes(ISO_8859_1)));
    assertTrue(refusal.contains("line 3: label") && refusal.contains("is not UTF-8"), refusal);
  }

  @Test
  void allThatIsWrongIsReportedAtOnceAndTheReportIsBounded() throws IOException {
    String refusal =
        refusal(
            table(
                "2,first,First one,S,1,M,SCT,12,M,,,,,,,,,,".getBytes(UTF_8),
                "1,second,,S,1,M,S,2,M,,,,,,,,,,1 2 3".getBytes(UTF_8),
                "9,third,Third one,S,1,M,S,3,M,,,,,,,,,,1 2 3".getBytes(UTF_8),
                "10,third,Fourth one,,,,S,4,M,,,,,,,,,,1 2 3 4".getBytes(UTF_8)));
    List<String> lines = refusal.lines().map(l -> l.replaceFirst(".*bad.csv line (\\d+): (\\w+).*", "$1 $2")).toList();
    assertEquals(List.of("2 type", "2 rgb", "3 index", "3 label", "5 name", "5 category", "5 rgb"), lines);

    byte[][] many = new byte[500][];
    Arrays.fill(many, "x".getBytes(UTF_8));
    assertTrue(refusal(table(many)).endsWith("\nand 450 problems more"));
  }

  /** A wrong digit, and neighbours that were swapped, as happens where codes are typed. */
  @Test
  void everyWrongDigitOfASnomedCodeIsFound() {
    String liver = "10200004";
    assertTrue(SnomedIdentifier.isConcept(liver));
    for (int at = 0; at < liver.length(); at++) {
      for (char digit = '0'; digit <= '9'; digit++) {
        String other = liver.substring(0, at) + digit + liver.substring(at + 1);
        assertEquals(other.equals(liver), SnomedIdentifier.isConcept(other), other);
      }
    }
    assertTrue(!SnomedIdentifier.isConcept("01200004"));
    // The check digit is right, but the partition is a description's.
    assertTrue(!SnomedIdentifier.isConcept("10200015"));
  }

  @Test
  void aForeignHeaderIsRefused() throws IOException {
    Path file = folder.resolve("bad.csv");
    Files.writeString(file, "id,name\n");
    assertTrue(assertThrows(IOException.class, () -> LabelTable.read(file)).getMessage().contains("line 1"));
    Files.writeString(file, "");
    assertThrows(IOException.class, () -> LabelTable.read(file));
  }
}
