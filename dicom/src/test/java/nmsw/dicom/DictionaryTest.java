package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DictionaryTest {
  @Test
  void isWhole() {
    assertTrue(Dictionary.size() > 5000, () -> Dictionary.size() + " rows");
    assertEquals(34, VR.values().length);
  }

  @ParameterizedTest
  @CsvSource({
    "00100010, PN, PatientName",
    "00280030, DS, PixelSpacing",
    "52009230, SQ, PerFrameFunctionalGroupsSequence",
    "7FE00010, OW, PixelData",
    "00280120, US, PixelPaddingValue",
    "00620013, CS, SegmentsOverlap",
    "60003000, OW, OverlayData",
    "60043000, OW, OverlayData",
    "50020010, US, NumberOfPoints",
    "00080000, UL, ''",
    "00091000, UN, ''",
    "00090010, LO, ''"
  })
  void knowsElements(String tag, VR vr, String keyword) {
    int number = Integer.parseUnsignedInt(tag, 16);
    assertEquals(vr, Dictionary.vrOf(number));
    assertEquals(keyword, Dictionary.keywordOf(number));
  }

  @Test
  void privateGroupsAreNoRepeatingGroups() {
    assertNull(Dictionary.lookup(0x60013000));
  }

  @Test
  void everyTagConstantIsInTheDictionary() throws IllegalAccessException {
    for (Field field : Tag.class.getFields()) {
      assertEquals(field.getName(), Dictionary.keywordOf(field.getInt(null)));
    }
  }

  @Test
  void everyUidConstantIsValid() throws IllegalAccessException {
    for (Field field : Uid.class.getFields()) {
      assertTrue(Uid.isValid((String) field.get(null)), field.getName());
    }
    assertTrue(Uid.isValid(Implementation.CLASS_UID));
  }

  @Test
  void knowsUids() {
    assertEquals("1.2.840.10008.5.1.4.1.1.66.7", Uid.LabelMapSegmentationStorage);
    assertEquals("Label Map Segmentation Storage", Uid.nameOf(Uid.LabelMapSegmentationStorage));
    assertEquals("1.2.840.10008.5.1.4.1.1.2", Uid.CTImageStorage);
    assertEquals("CT Image Storage", Uid.nameOf(Uid.CTImageStorage));
    assertEquals("1.2.3.4", Uid.nameOf("1.2.3.4"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "1.", ".1", "1..2", "1.02", "01", "1.a", "1.2/../3", "1 ", "1.٣"})
  void refusesBadUids(String uid) {
    assertFalse(Uid.isValid(uid));
    assertFalse(Uid.isValid("1.".repeat(32) + "1"));
    assertTrue(Uid.isValid("1." + "2".repeat(62)));
  }

  @Test
  void derivedUidsDependOnPartsAndTheirBorders() {
    assertEquals(Uid.derived("a", "bc"), Uid.derived("a", "bc"));
    assertNotEquals(Uid.derived("a", "bc"), Uid.derived("ab", "c"));
    assertTrue(Uid.isValid(Uid.derived("a")));
    assertTrue(Uid.isValid(Uid.random()));
    assertNotEquals(Uid.random(), Uid.random());
  }

  @Test
  void transferSyntaxes() throws DicomException {
    assertEquals(TransferSyntax.IMPLICIT_LE, TransferSyntax.of("1.2.840.10008.1.2"));
    assertEquals(TransferSyntax.JPEG_LS_LOSSLESS, TransferSyntax.of("1.2.840.10008.1.2.4.80"));
    assertTrue(TransferSyntax.of(Uid.HTJ2K).encapsulated());
    for (String uid : new String[] {"", "1.2.3\n4", Uid.CTImageStorage, Uid.JPIPReferenced}) {
      DicomException e = assertThrows(DicomException.class, () -> TransferSyntax.of(uid));
      assertFalse(e.getMessage().contains("\n"));
    }
  }
}
