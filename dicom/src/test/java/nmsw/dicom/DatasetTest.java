package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatasetTest {
  private static Dataset withText(int tag, VR vr, String text) {
    return new Dataset().putBytes(tag, vr, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void elementsStandInTagOrder() {
    Dataset dataset = new Dataset().putInt(Tag.Rows, 5).putString(Tag.PatientID, "x");
    dataset.putBytes(Tag.PixelData, VR.OW, new byte[2]).putBytes(0xFFFCFFFC, VR.OB, new byte[0])
        .putInt(Tag.Columns, 6);
    List<Integer> tags = new ArrayList<>();
    dataset.forEach(e -> tags.add(e.tag()));
    assertEquals(List.of(Tag.PatientID, Tag.Rows, Tag.Columns, Tag.PixelData, 0xFFFCFFFC), tags);
    assertFalse(dataset.remove(Tag.Rows).contains(Tag.Rows));
    assertEquals(4, dataset.size());
    assertEquals(7, dataset.putInt(Tag.Columns, 7).integer(Tag.Columns).getAsInt());
  }

  @Test
  void textIsSplitAndTrimmed() {
    assertEquals(List.of("A", "", "B C"),
        withText(Tag.ImageType, VR.CS, " A \\\\B C ").strings(Tag.ImageType));
    assertEquals(Optional.of("1.2"), withText(Tag.SOPInstanceUID, VR.UI, "1.2\0").string(Tag.SOPInstanceUID));
    assertEquals(List.of(" a\\b"), withText(Tag.ImageComments, VR.LT, " a\\b ").strings(Tag.ImageComments));
    assertEquals(Optional.empty(), withText(Tag.PatientID, VR.LO, "  ").string(Tag.PatientID));
    assertEquals(List.of(), new Dataset().strings(Tag.PatientID));
    assertEquals(Optional.of("512"), new Dataset().putInt(Tag.Rows, 512).string(Tag.Rows));
  }

  @Test
  void numbersAsTheySend() {
    assertArrayEquals(
        new double[] {7.8125, -3, 0.5},
            withText(Tag.PixelSpacing, VR.DS, "007.812500e-00\\ -3 \\+.5").numbers(Tag.PixelSpacing));
    double[] odd = withText(Tag.PixelSpacing, VR.DS, "NaN\\0x10\\1d\\\\1e5").numbers(Tag.PixelSpacing);
    assertArrayEquals(new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1e5}, odd);
    assertEquals(OptionalInt.of(12), withText(Tag.InstanceNumber, VR.IS, "12.0").integer(Tag.InstanceNumber));
    assertEquals(OptionalInt.empty(),
        withText(Tag.InstanceNumber, VR.IS, "99999999999").integer(Tag.InstanceNumber));
    assertEquals(OptionalInt.empty(), withText(Tag.InstanceNumber, VR.IS, "").integer(Tag.InstanceNumber));
  }

  @Test
  void binaryNumbersBothWays() {
    Dataset dataset = new Dataset();
    assertArrayEquals(new double[] {0, 65535}, dataset.putInt(Tag.Rows, 0, 65535).numbers(Tag.Rows));
    assertArrayEquals(new byte[] {0, 0, -1, -1}, dataset.bytes(Tag.Rows));
    assertArrayEquals(
        new double[] {Tag.PixelData & 0xFFFFFFFFL},
        dataset.putInt(Tag.FrameIncrementPointer, Tag.PixelData).numbers(Tag.FrameIncrementPointer));
    assertArrayEquals(HexFormat.of().parseHex("e07f1000"), dataset.bytes(Tag.FrameIncrementPointer));
    assertThrows(IllegalArgumentException.class, () -> dataset.putInt(Tag.Rows, -1));
    assertThrows(IllegalArgumentException.class, () -> dataset.putNumber(Tag.Rows, 1.5));
    assertThrows(IllegalArgumentException.class, () -> dataset.putInt(Tag.PatientName, 1));
    assertThrows(IllegalArgumentException.class, () -> dataset.putString(Tag.Rows, "1"));
  }

  @Test
  void signOfPixelsDecidesUsOrSs() {
    Dataset dataset = new Dataset().putInt(Tag.PixelRepresentation, 1).putInt(Tag.PixelPaddingValue, -2000);
    assertEquals(VR.SS, dataset.get(Tag.PixelPaddingValue).vr());
    assertEquals(-2000, dataset.integer(Tag.PixelPaddingValue).getAsInt());
  }

  @Test
  void requiredValuesAreNamedWhenMissing() throws DicomException {
    Dataset dataset = new Dataset().putNumber(Tag.PixelSpacing, 0.5, 0.75).putEmpty(Tag.PatientID);
    assertArrayEquals(new double[] {0.5, 0.75}, dataset.requireNumbers(Tag.PixelSpacing, 2));
    DicomException e = assertThrows(DicomException.class, () -> dataset.requireNumbers(Tag.PixelSpacing, 3));
    assertEquals(OptionalInt.of(Tag.PixelSpacing), e.tag());
    assertTrue(assertThrows(DicomException.class, () -> dataset.requireString(Tag.PatientID)).getMessage()
        .contains("empty"));
    assertTrue(assertThrows(DicomException.class, () -> dataset.requireInt(Tag.Rows)).getMessage()
        .contains("(0028,0010) Rows"));
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void decimalsFitAndKeepTenDigits(@ForAll double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    String text = NumberText.decimal(value);
    assertTrue(text.length() <= 16, text);
    assertEquals(value, NumberText.parse(text), Math.abs(value) * 1e-8 + Double.MIN_VALUE);
  }

  @Test
  void decimalsAreShort() {
    assertEquals("0", NumberText.decimal(-0.0));
    assertEquals("0.9765625", NumberText.decimal(0.9765625));
    assertEquals("-1024", NumberText.decimal(-1024));
    assertEquals("0.33333333333333", NumberText.decimal(1 / 3.0));
    assertEquals("1E300", NumberText.decimal(1e300));
  }

  /** Names of PS3.5 annexes H, I and J and of other scripts, as bytes of each character set. */
  @ParameterizedTest
  @CsvSource({
    "ISO_IR 100, 42756368e9, Buché",
    "ISO_IR 101, b6b1, śą",
    "ISO_IR 109, a1, Ħ",
    "ISO_IR 110, d1, Ņ",
    "ISO_IR 144, bb ee da, Люк",
    "ISO_IR 127, e2c8c7, قبا",
    "ISO_IR 126, c4e9, Δι",
    "ISO_IR 138, f9f8, שר",
    "ISO_IR 148, d0fe, Ğş",
    "ISO_IR 166, b9d2, นา",
    "ISO_IR 13, d4cfc0, ﾔﾏﾀ",
    "ISO_IR 192, e5b1b1e794b0, 山田",
    "GB18030, cdf55ed0a1b6ab, 王^小东",
    "GBK, cdf5, 王",
    "ISO 2022 IR 6\\ISO 2022 IR 87, 1b2442 3b33 4544 1b2842, 山田",
    "ISO 2022 IR 13\\ISO 2022 IR 87, d4cfc05e1b2442 3b33 4544 1b284a, ﾔﾏﾀ^山田",
    "\\ISO 2022 IR 149, 486f6e673d1b242943 fbf3 5e 1b242943 d1ce, Hong=洪^吉",
    "ISO 2022 IR 100\\ISO 2022 IR 126, e95e 1b2d46 c4, é^Δ",
    "UNKNOWN, e9, é",
    "ISO 2022 IR 100\\ISO 2022 IR 87, 1b, ''",
    "ISO 2022 IR 100\\ISO 2022 IR 87, 1b24, ''"
  })
  void decodesCharacterSets(String set, String hex, String expected) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    Dataset item = new Dataset().putBytes(Tag.PatientName, VR.PN, bytes);
    Dataset dataset = new Dataset().putItems(Tag.ReferencedStudySequence, List.of(item));
    dataset.putString(Tag.SpecificCharacterSet, set).putBytes(Tag.PatientName, VR.PN, bytes);
    assertEquals(expected, dataset.string(Tag.PatientName).orElse(""));
    assertEquals(expected, item.string(Tag.PatientName).orElse(""));
  }

  /** Values are separated by backslashes (PS3.5 6.4), so that there is at most one more; an empty one has none. */
  @Property
  void decodingNeverFails(@ForAll byte[] bytes) {
    int most = bytes.length == 0 ? 0 : 1;
    for (byte b : bytes) {
      most += b == '\\' ? 1 : 0;
    }
    for (String set : new String[] {"", "ISO_IR 13", "ISO_IR 192", "GB18030", "\\ISO 2022 IR 149",
        "ISO 2022 IR 13\\ISO 2022 IR 159"}) {
      Dataset dataset = new Dataset().putString(Tag.SpecificCharacterSet, set);
      int values = dataset.putBytes(Tag.PatientName, VR.PN, bytes).strings(Tag.PatientName).size();
      assertTrue(values <= most, () -> values + " values, character set " + set);
    }
  }

  @Test
  void aBackslashAloneSeparatesTwoEmptyValues() {
    Dataset dataset = new Dataset().putBytes(Tag.PatientName, VR.PN, new byte[] {'\\'});
    assertEquals(List.of("", ""), dataset.strings(Tag.PatientName));
    assertEquals("", dataset.string(Tag.PatientName).orElse(""));
  }

  @Test
  void encodesWithItsCharacterSetOnly() {
    Dataset dataset = new Dataset();
    assertThrows(IllegalArgumentException.class, () -> dataset.putString(Tag.PatientName, "Buché"));
    dataset.putString(Tag.SpecificCharacterSet, "ISO_IR 192").putString(Tag.PatientName, "Buché");
    assertArrayEquals("Buché".getBytes(StandardCharsets.UTF_8), dataset.bytes(Tag.PatientName));
    assertTrue(Charset.isSupported("GB18030"));
  }

  @Test
  void anItemBelongsToOneDataset() {
    Dataset item = new Dataset().putString(Tag.CodeValue, "1");
    Dataset first = new Dataset().putItems(Tag.ConceptNameCodeSequence, List.of(item));
    Dataset second = new Dataset().putAll(first);
    assertSame(item, first.items(Tag.ConceptNameCodeSequence).get(0));
    assertNotSame(item, second.items(Tag.ConceptNameCodeSequence).get(0));
    assertEquals(first, second);
    Dataset copy = first.copy();
    item.putString(Tag.CodeValue, "2");
    assertEquals(copy, second);
    assertNotEquals(first, second);
  }
}
