package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidityTest {
  private static Dataset text(int tag, VR vr, String text) {
    return new Dataset().putBytes(tag, vr, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '"', value = {
    "AE, MAIN PACS 1", "AE, \" A \"", "AS, 018M", "CS, ABC_1 2", "DA, 20240229", "DS, -1.5e-10", "DS, .5", "DS, 5.",
    "DS, \" 3 \"", "DT, 2026", "DT, 20260101", "DT, 20260101235960.123456+0130", "DT, 202601-0500", "IS, -2147483648",
    "IS, \" +7\"", "LO, \" any \"", "PN, a^b^c^d^e=f=g", "SH, 16 characters ok", "TM, 10", "TM, 235959.5",
    "UI, 1.2.840.0.5", "UR, https://a/b?c=%20", "ST, \"two\nlines\""
  })
  void allowed(VR vr, String value) {
    assertTrue(ValueRules.isAllowed(vr, value));
    assertTrue(ValueRules.isUsable(vr, value));
    assertEquals(Optional.empty(), ValueRules.repaired(vr, value));
  }

  /** The oddities that senders have, and what they mean. */
  @ParameterizedTest
  @CsvSource(quoteCharacter = '"', value = {
    "DA, 2026.01.01, 20260101", "DA, 2026-01-01, 20260101", "DA, 2026/02/28, 20260228", "DA, \" 20260101\", 20260101",
    "DS, 0.333333333333333314829616256247, 0.33333333333333", "DS, -123456789012345678, -1.2345678901E17",
    "DS, \"        0.976562500 \", 0.976562500", "IS, 12.0, 12", "IS, \"            12\", 12", "TM, 10:11:12.5, 101112.5",
    "TM, 10:11, 1011", "DT, 2026-01-01T10:11:12, 20260101101112", "DT, 2026-01-01, 20260101", "CS, axial, AXIAL",
    "CS, \"LONGER THAN 16     \", LONGER THAN 16", "AS, 45y, 045Y", "AE, \" NAME WITH BLANKS  \", NAME WITH BLANKS"
  })
  void repaired(VR vr, String value, String meant) {
    assertFalse(ValueRules.isAllowed(vr, value));
    assertTrue(ValueRules.isUsable(vr, value));
    assertEquals(Optional.of(meant), ValueRules.repaired(vr, value));
  }

  @ParameterizedTest
  @CsvSource(quoteCharacter = '"', value = {
    "AE, seventeen letters", "AE, \"\u0001\"", "AS, 45", "CS, A-B", "CS, ÄB", "DA, 20260230", "DA, 2026.1.1",
    "DA, 01.02.2026", "DA, 202601", "DS, NaN", "DS, \"1,5\"", "DS, 1 2", "DS, 0x10", "DS, 1e999999999999999999999",
    "DT, 20261301", "DT, 202601011",
    "DT, 20260101+9900", "IS, 2147483648", "IS, 1.5", "IS, ten", "LO, \"a\u0000b\"", "TM, 25", "TM, 101", "TM, 10:1",
    "UI, ../../etc", "UI, 1..2", "UI, .1", "UR, a b", "LT, \"\u0007\"", "PN, \"a\u0000b\""
  })
  void neitherAllowedNorUsable(VR vr, String value) {
    assertFalse(ValueRules.isAllowed(vr, value));
    assertFalse(ValueRules.isUsable(vr, value));
    assertEquals(Optional.empty(), ValueRules.repaired(vr, value));
  }

  @ParameterizedTest
  @CsvSource({"UI, 1.02.3", "SH, seventeen letters", "PN, a=b=c=d", "PN, a^b^c^d^e^f"})
  void usableAsItIs(VR vr, String value) {
    assertFalse(ValueRules.isAllowed(vr, value));
    assertTrue(ValueRules.isUsable(vr, value));
    assertEquals(Optional.empty(), ValueRules.repaired(vr, value));
  }

  @Property(shrinking = ShrinkingMode.OFF, tries = 300)
  void whatIsRepairedIsAllowedAndAnythingIsJudged(@ForAll VR vr, @ForAll String value) {
    ValueRules.repaired(vr, value).ifPresent(meant -> assertTrue(ValueRules.isAllowed(vr, meant)));
    if (ValueRules.isAllowed(vr, value) && !value.isBlank()) {
      assertTrue(ValueRules.isUsable(vr, value), vr + " " + value);
    }
  }

  @Test
  void problemsNameTheirPathAndNeverTheValue() {
    Dataset item = text(Tag.ContentDate, VR.DA, "2026.01.01").putAll(text(Tag.PatientID, VR.LO, "SECRET\u0001"));
    Dataset dataset = text(Tag.PixelSpacing, VR.DS, "1\\2\\3 ").putItems(Tag.ContentSequence, List.of(new Dataset(), item));
    dataset.putBytes(Tag.Rows, VR.US, new byte[3]);
    List<String> strict = Validity.STRICT.problems(dataset).stream().map(Object::toString).toList();
    assertEquals(
        List.of(
            "(0028,0010) Rows US: 3 bytes are no multiple of 2",
            "(0028,0030) PixelSpacing DS: 3 values where there are 2",
            "(0040,A730)[2].(0008,0023) ContentDate DA: value 1 of 1 is none (10 characters)",
            "(0040,A730)[2].(0010,0020) PatientID LO: value 1 of 1 is none (7 characters)"),
        strict);
    List<Validity.Problem> lenient = Validity.LENIENT.problems(dataset);
    assertEquals(List.of(Tag.Rows, Tag.PatientID), lenient.stream().map(Validity.Problem::tag).toList());
    assertTrue(Validity.STRICT.problems(dataset).get(2).repairable());
    Dataset repaired = Validity.repaired(dataset);
    assertEquals("20260101", repaired.items(Tag.ContentSequence).get(1).string(Tag.ContentDate).orElseThrow());
    assertEquals("2026.01.01", item.string(Tag.ContentDate).orElseThrow(), "a copy is repaired");
  }

  /** Several values in IS and DS with blanks around each. */
  @Test
  void severalNumbersWithBlanks() {
    Dataset dataset = text(Tag.ImagePositionPatient, VR.DS, " -1.50 \\  2 \\ 0.333333333333333314 ");
    dataset.putAll(text(Tag.ReferencedFrameNumber, VR.IS, "1 \\ 2\\ 3.0 "));
    assertEquals(List.of("-1.50", "2", "0.333333333333333314"), dataset.strings(Tag.ImagePositionPatient));
    assertEquals(3, dataset.numbers(Tag.ReferencedFrameNumber)[2]);
    assertEquals(2, Validity.STRICT.problems(dataset).size());
    assertEquals(List.of(), Validity.LENIENT.problems(dataset));
    Dataset repaired = Validity.repaired(dataset);
    assertEquals(List.of(), Validity.STRICT.problems(repaired));
    assertEquals(List.of("-1.50", "2", "0.33333333333333"), repaired.strings(Tag.ImagePositionPatient));
  }

  @Test
  void multiplicities() {
    for (int count = 1; count <= 6; count++) {
      String values = "1\\".repeat(count - 1) + "1";
      int problems = Validity.STRICT.problems(text(Tag.PixelSpacing, VR.DS, values)).size();
      assertEquals(count == 2 ? 0 : 1, problems, "2");
      assertEquals(count % 3 == 0 ? 0 : 1, Validity.STRICT.problems(text(Tag.ContourData, VR.DS, values)).size(), "3-3n");
      assertEquals(count >= 2 ? 0 : 1,
          Validity.STRICT.problems(text(Tag.ImageType, VR.CS, values)).size(), "2-n");
    }
  }

  @Test
  void privateElementsHaveACreator() {
    Dataset dataset = text(0x00090011, VR.LO, "ACME 1.1").putAll(text(0x00091101, VR.LO, "x"));
    assertEquals(Optional.of("ACME 1.1"), dataset.privateCreator(0x00091101));
    assertEquals(OptionalInt.of(0x00091101), dataset.privateTag(0x0009, "ACME 1.1", 1));
    assertEquals(OptionalInt.empty(), dataset.privateTag(0x0009, "OTHER", 1));
    assertEquals(OptionalInt.empty(), dataset.privateTag(0x000B, "ACME 1.1", 1));
    assertEquals(List.of(), Validity.STRICT.problems(dataset));
    dataset.putAll(text(0x00091201, VR.LO, "y"));
    assertEquals(Optional.empty(), dataset.privateCreator(0x00091201));
    assertEquals(
        List.of("(0009,1201) LO: no Private Creator reserved its block"),
        Validity.STRICT.problems(dataset).stream().map(Object::toString).toList());
    assertEquals(List.of(), Validity.LENIENT.problems(dataset));
  }
}
