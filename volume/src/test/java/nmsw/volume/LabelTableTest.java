package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "256,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "x,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "5,../a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "5,a,,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "5,a,a,,,,S,1,M,,,,,,,,,,1 2 3",
        "5,a,a,S,1,M,S,1,,,,,,,,,,,1 2 3",
        "5,a,a,S,1,M,S,12345678901234567,M,,,,,,,,,,1 2 3",
        "5,a,a,S,1,M,S,1,M,,,,,,,,,,1 2",
        "5,a,a,S,1,M,S,1,M,,,,,,,,,,1 2 300",
        "5,a,a,S,1,M,S,1,M,,,,,,,,,1 2 3",
        "5,\"a,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "2,other,a,S,1,M,S,1,M,,,,,,,,,,1 2 3",
        "5,first,a,S,1,M,S,1,M,,,,,,,,,,1 2 3"
      })
  void aBadRowIsRefusedWithItsLine(String row) throws IOException {
    String header = Files.readAllLines(LABELS.resolve("word.csv")).get(0);
    Path file = folder.resolve("bad.csv");
    Files.writeString(file, header + "\n2,first,a,S,1,M,S,1,M,,,,,,,,,,1 2 3\n" + row + "\n");
    IOException e = assertThrows(IOException.class, () -> LabelTable.read(file));
    assertTrue(e.getMessage().contains("bad.csv line 3: "), e.getMessage());
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
