package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.Dictionary;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.deid.ConfidentialityTable.Row;
import nmsw.dicom.deid.DeidentifiedObject.Action;
import nmsw.dicom.deid.DeidentifiedObject.Change;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of the table is taken, alone and inside a sequence, with each option. */
class ConfidentialityTableTest {
  private static final DeidentificationOptions DATES =
      new DeidentificationOptions(true, false, Set.of(), false, Set.of());
  private static final DeidentificationOptions DESCRIPTORS =
      new DeidentificationOptions(false, true, Set.of(), false, Set.of());
  private static final DeidentificationOptions DEVICES =
      new DeidentificationOptions(false, false, Set.of(), true, Set.of());

  @TempDir static Path folder;
  private static DeidentificationKey key;

  @BeforeAll
  static void makeKey() throws Exception {
    key = DeidentificationKeyTest.in(folder);
  }

  static List<Row> rows() {
    return ConfidentialityTable.rows();
  }

  static Stream<Row> rowsOfDates() {
    return rows().stream().filter(row -> row.dates().equals("C"));
  }

  static Stream<Row> rowsOfDescriptors() {
    return rows().stream().filter(row -> row.descriptors().equals("C"));
  }

  static Stream<Row> rowsOfDevices() {
    return rows().stream().filter(row -> row.device().equals("K"));
  }

  /** An element of the tag with something in it. */
  private static Element filled(int tag) {
    VR vr = Dictionary.vrOf(tag);
    if (vr == VR.SQ) {
      Dataset item =
          new Dataset()
              .putString(Tag.ReferencedSOPInstanceUID, "1.2.3")
              .putString(Tag.PersonName, "Secret^Person");
      return Element.ofItems(tag, List.of(item));
    }
    String text =
        switch (vr) {
          case DA -> "20200229";
          case DT -> "20200229101112.5+0100";
          case TM -> "101112.5";
          case AS -> "045Y";
          case DS, IS -> "45";
          case UI -> "1.2.3.4";
          default -> "Secret";
        };
    byte[] numbers = {1, 2, 3, 4, 5, 6, 7, 8};
    return Element.of(tag, vr, vr.isText() ? text.getBytes(StandardCharsets.US_ASCII) : numbers);
  }

  /** Inside a sequence that no row names, so that a document is not refused as one. */
  private static Dataset inItem(Element element) {
    Dataset object = new Dataset().putString(Tag.PatientID, "4711");
    return object.putItems(Tag.ReferencedSeriesSequence, List.of(new Dataset().put(element)));
  }

  private static DeidentifiedObject applied(Element element, DeidentificationOptions options)
      throws Exception {
    return new Deidentifier(key, options).apply(inItem(element));
  }

  private static Dataset item(DeidentifiedObject result) {
    return result.dataset().item(Tag.ReferencedSeriesSequence).orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void basicProfile(Row row) throws Exception {
    int tag = row.tag();
    Element before = filled(tag);
    DeidentifiedObject result = applied(before, DeidentificationOptions.BASIC);
    Element after = item(result).get(tag);
    boolean noObjectsGroup = tag >>> 16 < 4 && tag >= 0;
    boolean sequence = before.isSequence();
    String action = noObjectsGroup ? "X" : row.basic().substring(row.basic().lastIndexOf('/') + 1);
    switch (sequence && action.equals("D") && row.basic().length() > 1 ? row.basic() : action) {
      case "X", "X/D" -> {
        assertEquals(null, after);
        assertNoted(result, tag, Action.REMOVED);
      }
      case "Z", "X/Z/D" -> {
        if (tag == Tag.PatientName) {
          assertEquals(result.dataset().string(Tag.PatientID), item(result).string(tag));
        } else {
          assertTrue(after.isEmpty());
          assertNoted(result, tag, Action.EMPTIED);
        }
      }
      case "D" -> {
        if (sequence) {
          assertTrue(after.isEmpty());
        } else {
          assertFalse(after.isEmpty());
          assertFalse(java.util.Arrays.equals(before.bytes(), after.bytes()));
          assertEquals(Dictionary.vrOf(tag), after.vr());
        }
      }
      case "U" -> {
        String uid = item(result).string(tag).orElseThrow();
        assertTrue(uid.startsWith("2.25.") && Uid.isValid(uid), uid);
        assertNoted(result, tag, Action.UID_REPLACED);
      }
      case "U*" -> {
        Dataset inner = after.items().get(0);
        assertTrue(inner.string(Tag.ReferencedSOPInstanceUID).orElseThrow().startsWith("2.25."));
        assertEquals("REMOVED", inner.string(Tag.PersonName).orElseThrow());
      }
      default -> throw new AssertionError("action " + row.basic());
    }
  }

  private static void assertNoted(DeidentifiedObject result, int tag, Action action) {
    assertTrue(result.report().contains(new Change(tag, action, 1)), result.report() + " lacks " + action);
  }

  @ParameterizedTest
  @MethodSource("rowsOfDates")
  void modifiedDates(Row row) throws Exception {
    Element before = filled(row.tag());
    Dataset item = item(applied(before, DATES));
    VR vr = Dictionary.vrOf(row.tag());
    switch (vr) {
      case DA -> assertTrue(item.string(row.tag()).orElseThrow().matches("20[01]\\d{5}"));
      case DT -> assertTrue(item.string(row.tag()).orElseThrow().matches("20[01]\\d{5}101112\\.5\\+0100"));
      case TM -> assertEquals("101112.5", item.string(row.tag()).orElseThrow());
      default -> assertEquals(item(applied(before, DeidentificationOptions.BASIC)), item);
    }
  }

  @ParameterizedTest
  @MethodSource("rowsOfDescriptors")
  void cleanDescriptors(Row row) throws Exception {
    VR vr = Dictionary.vrOf(row.tag());
    Dataset untouched = item(applied(filled(row.tag()), DESCRIPTORS));
    assertEquals(item(applied(filled(row.tag()), DeidentificationOptions.BASIC)), untouched);
    if (vr.isLocalized()) {
      byte[] text = "CT Abdomen Mr Secret 5.0mm".getBytes(StandardCharsets.US_ASCII);
      DeidentifiedObject cleaned = applied(Element.of(row.tag(), vr, text), DESCRIPTORS);
      assertEquals("CT Abdomen Mr 5.0mm", item(cleaned).string(row.tag()).orElseThrow());
      assertNoted(cleaned, row.tag(), Action.CLEANED);
    }
  }

  @ParameterizedTest
  @MethodSource("rowsOfDevices")
  void retainDeviceIdentity(Row row) throws Exception {
    Element before = filled(row.tag());
    Element after = item(applied(before, DEVICES)).get(row.tag());
    if (before.isSequence()) {
      assertEquals("REMOVED", after.items().get(0).string(Tag.PersonName).orElseThrow());
    } else {
      assertEquals(before, after);
    }
  }

  /** A name or a date that the table forgot would stay. */
  @Test
  void everyNameAndDateOfTheDictionaryHasARow() throws Exception {
    int found = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Dictionary.class.getResourceAsStream("dictionary.tsv"), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] cells = line.split("\t");
        if (cells.length > 1 && Set.of("PN", "DA", "DT", "TM").contains(cells[1])) {
          int tag = Integer.parseUnsignedInt(cells[0], 16);
          assertTrue(ConfidentialityTable.row(tag).isPresent(), cells[0] + " " + cells[3]);
          found++;
        }
      }
    }
    assertTrue(found > 150, found + " names and dates");
  }

  @Test
  void theTableIsWhole() {
    List<Row> rows = rows();
    assertEquals(693, rows.size());
    assertEquals(3, rows.stream().filter(row -> row.mask() != -1).count());
    assertTrue(
        rows.stream().allMatch(row -> row.basic().matches("X|Z|D|U|X/Z|X/D|Z/D|X/Z/D|X/Z/U\\*")));
  }
}
