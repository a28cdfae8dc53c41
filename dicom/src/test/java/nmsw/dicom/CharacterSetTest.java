package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CharacterSetTest {
  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Dataset dataset(String set) {
    return new Dataset().putString(Tag.SpecificCharacterSet, set);
  }

  /** The examples of PS3.5 annexes H (Japanese), I (Korean), J (Chinese, UTF-8 and GB18030) and K (GB 2312). */
  @ParameterizedTest
  @CsvSource({
    "\\ISO 2022 IR 87, Yamada^Tarou=山田^太郎=やまだ^たろう,"
        + " 59616d6164615e5461726f75 3d 1b2442 3b334544 1b2842 5e 1b2442 42404f3a 1b2842"
        + " 3d 1b2442 2464245e2440 1b2842 5e 1b2442 243f246d2426 1b2842",
    "ISO 2022 IR 13\\ISO 2022 IR 87, ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう,"
        + " d4cfc0de5ec0dbb3 3d 1b2442 3b334544 1b284a 5e 1b2442 42404f3a 1b284a"
        + " 3d 1b2442 2464245e2440 1b284a 5e 1b2442 243f246d2426 1b284a",
    "\\ISO 2022 IR 149, Hong^Gildong=洪^吉洞=홍^길동,"
        + " 486f6e675e47696c646f6e67 3d 1b242943 fbf3 5e 1b242943 d1ced4d7"
        + " 3d 1b242943 c8ab 5e 1b242943 b1e6b5bf",
    "ISO_IR 192, Wang^XiaoDong=王^小东=, 57616e675e5869616f446f6e67 3d e78e8b 5e e5b08fe4b89c 3d",
    "GB18030, Wang^XiaoDong=王^小东=, 57616e675e5869616f446f6e67 3d cdf5 5e d0a1b6ab 3d",
    "GBK, Wang^XiaoDong=王^小东=, 57616e675e5869616f446f6e67 3d cdf5 5e d0a1b6ab 3d",
    "\\ISO 2022 IR 58, Zhang^XiaoDong=张^小东=,"
        + " 5a68616e675e5869616f446f6e67 3d 1b242941 d5c5 5e 1b242941 d0a1b6ab 3d"
  })
  void namesOfTheStandardsAnnexesBothWays(String set, String name, String bytes) {
    Dataset dataset = dataset(set).putBytes(Tag.PatientName, VR.PN, hex(bytes));
    assertEquals(name, dataset.string(Tag.PatientName).orElseThrow());
    assertArrayEquals(hex(bytes), dataset.putString(Tag.PatientName, name).bytes(Tag.PatientName));
  }

  /** Annexes I.3, J.2 and K.3: each line finds the first set active again. */
  @ParameterizedTest
  @CsvSource({
    "\\ISO 2022 IR 149, 길동, 1b242943 b1e6b5bf",
    "\\ISO 2022 IR 58, 中文, 1b242941 d6d0cec4",
    "ISO_IR 192, 中文, e4b8ade69687",
    "GB18030, 中文, d6d0cec4",
    "\\ISO 2022 IR 87, 太郎, 1b2442 42404f3a 1b2842"
  })
  void linesOfLongTextBothWays(String set, String word, String bytes) {
    String text = "The first line includes " + word + ".\r\nThe second line includes " + word
        + ", too.\r\nThe third line.\r\n";
    StringBuilder all = new StringBuilder();
    for (String piece : text.split(word, -1)) {
      all.append(all.length() == 0 ? "" : bytes).append(HexFormat.of().formatHex(piece.getBytes()));
    }
    Dataset dataset = dataset(set).putString(Tag.ImageComments, text);
    assertArrayEquals(hex(all.toString()), dataset.bytes(Tag.ImageComments));
    assertEquals(text, dataset.string(Tag.ImageComments).orElseThrow());
  }

  @Test
  void supplementaryKanjiAndGreekBesideLatin() {
    Dataset three = dataset("ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159");
    // 丂 is in JIS X 0212 only.
    three.putString(Tag.PatientName, "ﾔ^山丂");
    assertArrayEquals(hex("d4 5e 1b2442 3b33 1b242844 3021 1b284a"), three.bytes(Tag.PatientName));
    assertEquals("ﾔ^山丂", three.string(Tag.PatientName).orElseThrow());
  }

  @Test
  void theFirstSetComesBackBeforeEachDelimiter() {
    Dataset dataset = dataset("ISO 2022 IR 100\\ISO 2022 IR 126");
    dataset.putString(Tag.OtherPatientNames, "Éδ^é", "ü");
    assertArrayEquals(hex("c9 1b2d46 e4 1b2d41 5e e9 5c fc"), dataset.bytes(Tag.OtherPatientNames));
    assertEquals(List.of("Éδ^é", "ü"), dataset.strings(Tag.OtherPatientNames));
    // Nobody must rely on the writer to do so: a delimiter alone resets too.
    dataset.putBytes(Tag.OtherPatientNames, VR.PN, hex("1b2d46 e4 5e e9 1b2d46 e4 5c fc"));
    assertEquals(List.of("δ^éδ", "ü"), dataset.strings(Tag.OtherPatientNames));
  }

  /** Halves of a character that look like the delimiters ^, = and \ are none. */
  @Test
  void delimitersInsideCharactersAreNone() {
    for (String name : List.of("表^十=予", "ソ能^表", "構=能^十")) {
      for (String set : List.of("\\ISO 2022 IR 87", "GB18030", "GBK", "ISO_IR 192")) {
        Dataset dataset = dataset(set).putString(Tag.OtherPatientNames, name, name);
        assertEquals(List.of(name, name), dataset.strings(Tag.OtherPatientNames), set);
      }
    }
    // Second bytes 5C and 5E.
    Dataset dataset = dataset("GB18030").putBytes(Tag.OtherPatientNames, VR.PN, hex("815c 815e 5c 815c"));
    assertEquals(2, dataset.strings(Tag.OtherPatientNames).size());
    assertEquals(2, dataset.strings(Tag.OtherPatientNames).get(0).length());
  }

  @ParameterizedTest
  @CsvSource({
    "iso_ir 192, c3a9, é", "ISO-IR 100, e9, é", "ISO IR 144, bb, Л", "ISO_2022_IR_126, c4, Δ", "UTF-8, c3a9, é",
    "ISO_IR 13, 8e52 9363, 山田", "ISO_IR 13, d4cf, ﾔﾏ", "ISO 2022 IR 149, c8ab, 홍",
    "ISO 2022 IR 87, 1b2440 3b33 1b2842, 山", "ISO 2022 IR 6\\ISO 2022 IR 100, 1b2d41e9, é"
  })
  void whatWritersSend(String set, String bytes, String text) {
    byte[] value = hex(bytes);
    assertEquals(text, dataset(set).putBytes(Tag.PatientName, VR.PN, value).string(Tag.PatientName).orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({
    "'', é", "ISO_IR 6, é", "UNKNOWN, é", "ISO_IR 100, Ω", "ISO_IR 13, 山", "ISO_IR 144, é", "GB18030, \uD800",
    "\\ISO 2022 IR 87, é", "ISO 2022 IR 100\\ISO 2022 IR 126, 山", "\\ISO 2022 IR 87, a\u001Bb"
  })
  void whatTheSetsLackIsRefused(String set, String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> dataset(set).putString(Tag.PatientName, text));
    assertFalse(e.getMessage().contains(text), "no patient's name in messages");
  }

  /** Found by fuzzing: reading it asked for itself without end. */
  @Test
  void aCharacterSetOfLocalizedVrIsRead() {
    for (VR vr : List.of(VR.LO, VR.UN, VR.PN, VR.OB)) {
      Dataset dataset = new Dataset().putBytes(Tag.SpecificCharacterSet, vr, "ISO_IR 192".getBytes());
      assertEquals("é", dataset.putBytes(Tag.PatientName, VR.PN, hex("c3a9")).string(Tag.PatientName).orElseThrow());
    }
  }

  @Provide
  Arbitrary<String> names() {
    return Arbitraries.strings().withChars("aZ ^=\\éÜδЖשกﾔ山田丂洪홍길中文张").ofMaxLength(12);
  }

  /** Whatever is encoded comes back the same, or was refused. */
  @Property(tries = 300)
  void encodedTextComesBack(@ForAll("names") String name) {
    for (String set : List.of(
        "ISO_IR 192", "GB18030", "ISO_IR 13", "ISO_IR 144", "\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 149", "ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 144",
        "ISO 2022 IR 6\\ISO 2022 IR 58\\ISO 2022 IR 166\\ISO 2022 IR 138")) {
      Dataset dataset = dataset(set);
      try {
        dataset.putString(Tag.ImageComments, name);
      } catch (IllegalArgumentException refused) {
        continue;
      }
      assertEquals(name.replaceAll(" +$", ""), dataset.string(Tag.ImageComments).orElse(""), set);
      dataset.putString(Tag.PatientName, name);
      assertEquals(
          List.of(name.split("\\\\", -1)).stream().map(String::strip).toList(),
          name.isEmpty() ? List.of("") : dataset.strings(Tag.PatientName), set);
    }
  }

  @Test
  void groupsAndComponentsOfNames() {
    PersonName name = PersonName.parse("Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう");
    assertEquals("Yamada^Tarou^^Dr", name.alphabetic());
    assertEquals("山田^太郎", name.ideographic());
    assertEquals("やまだ^たろう", name.phonetic());
    assertEquals(List.of("Yamada", "Tarou", "", "Dr"), PersonName.components(name.alphabetic()));
    assertEquals("Yamada^Tarou^^Dr=山田^太郎=やまだ^たろう", name.value());
    assertEquals(new PersonName("A^B^", "", ""), PersonName.parse("A^B^ ="));
    assertEquals("=山田", PersonName.parse("=山田=").value());
    assertEquals("", PersonName.parse("").value());
    assertEquals("person name", name.toString());
  }

  @Test
  void aCopyInAnotherCharacterSetSaysTheSame() {
    Dataset latin =
        dataset("ISO_IR 100")
            .putString(Tag.PatientName, "Müller^Jürgen")
            .putString(Tag.PatientID, "P1")
            .putInt(Tag.Rows, 5);
    // An item may have its own set.
    Dataset inner = dataset("ISO_IR 192").putString(Tag.CodeMeaning, "Łódź");
    latin.putItems(Tag.ProcedureCodeSequence, List.of(inner));
    Dataset utf8 = latin.inCharacterSet("ISO_IR 192");
    assertEquals("ISO_IR 192", utf8.string(Tag.SpecificCharacterSet).orElseThrow());
    assertEquals("Müller^Jürgen", utf8.string(Tag.PatientName).orElseThrow());
    assertArrayEquals(hex("4d c3bc 6c6c6572 5e 4a c3bc 7267656e"), utf8.bytes(Tag.PatientName));
    Dataset copied = utf8.items(Tag.ProcedureCodeSequence).get(0);
    assertEquals("Łódź", copied.string(Tag.CodeMeaning).orElseThrow());
    assertFalse(copied.contains(Tag.SpecificCharacterSet));
    assertEquals(5, utf8.integer(Tag.Rows).orElseThrow());
    assertEquals(latin.size(), utf8.size());

    Dataset back = utf8.remove(Tag.ProcedureCodeSequence).inCharacterSet("ISO_IR 100");
    assertEquals(latin.copy().remove(Tag.ProcedureCodeSequence), back);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> latin.inCharacterSet("ISO_IR 100"));
    assertFalse(refused.getMessage().contains("Ł"), refused.getMessage());
    Dataset broken = dataset("ISO_IR 192").putBytes(Tag.PatientName, VR.PN, hex("fc20"));
    assertThrows(IllegalArgumentException.class, () -> broken.inCharacterSet("ISO_IR 192"));
  }
}
