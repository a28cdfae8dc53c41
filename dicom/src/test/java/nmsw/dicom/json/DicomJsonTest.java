package nmsw.dicom.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DicomJsonTest {
  private static final ParseLimits LIMITS = ParseLimits.defaults();

  private static String written(Dataset dataset) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomJsonWriter.write(dataset, BulkDataUris.NONE, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Dataset read(String json) throws IOException {
    List<Dataset> datasets = read(json, LIMITS);
    assertEquals(1, datasets.size());
    return datasets.get(0);
  }

  private static List<Dataset> read(String json, ParseLimits limits) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return DicomJsonReader.read(new ByteArrayInputStream(bytes), limits, BulkData.REFUSED);
  }

  /** Each kind of value as PS3.18 table F.2.3-1 has it. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "LO | 41425c205c43 | \"Value\":[\"AB\",null,\"C\"]",
    "PN | 413d423d43 | \"Value\":[{\"Alphabetic\":\"A\",\"Ideographic\":\"B\",\"Phonetic\":\"C\"}]",
    "PN | 3d42 | \"Value\":[{\"Ideographic\":\"B\"}]",
    "DS | 302e355c302e305c3165325c2b335c3030372e35 | \"Value\":[0.5,0.0,1e2,\"+3\",\"007.5\"]",
    "DS | 302e313233343536373839303132333435 | \"Value\":[\"0.123456789012345\"]",
    "IS | 31325c78 | \"Value\":[12,\"x\"]",
    "IS | 312e305c3545395c333030303030303030305c2d32 | \"Value\":[\"1.0\",\"5E9\",\"3000000000\",-2]",
    "US | 0100ffff | \"Value\":[1,65535]",
    "SS | feff | \"Value\":[-2]",
    "UV | ffffffffffffffff | \"Value\":[18446744073709551615]",
    "FL | cdcccc3d0000c07f | \"Value\":[0.1,\"NaN\"]",
    "FD | 000000000000f07f | \"Value\":[\"Infinity\"]",
    "AT | 1000e07f | \"Value\":[\"00107FE0\"]",
    "OB | 0102ff | \"InlineBinary\":\"AQL/\"",
    "UN | 0102 | \"InlineBinary\":\"AQI=\"",
    "UT | 20615c620a | \"Value\":[\" a\\\\b\\n\"]",
    "LO | 2020 | ''",
    "OW | '' | ''",
  })
  void valuesBothWays(VR vr, String hex, String json) throws IOException {
    byte[] bytes = HexFormat.of().parseHex(hex);
    Dataset dataset = new Dataset().putBytes(0x00091001, vr, bytes);
    String expected = "{\"00091001\":{\"vr\":\"" + vr + "\"" + (json.isEmpty() ? "" : ",") + json + "}}";
    assertEquals(expected, written(dataset));
    Dataset back = read(expected);
    assertEquals(dataset.strings(0x00091001), back.get(0x00091001).isEmpty() && json.isEmpty()
        ? dataset.strings(0x00091001) : back.strings(0x00091001));
    assertEquals(expected, written(back));
    if (!vr.isText()) {
      assertArrayEquals(bytes, back.bytes(0x00091001));
    }
  }

  @Test
  void textIsUnicode() throws IOException {
    Dataset item = new Dataset().putBytes(Tag.CodeMeaning, VR.LO, new byte[] {(byte) 0xE9});
    Dataset dataset =
        new Dataset()
            .putString(Tag.SpecificCharacterSet, "ISO_IR 100")
            .putString(Tag.PatientName, "Müller^É")
            .putItems(Tag.ConceptNameCodeSequence, List.of(item, new Dataset()));
    String json = written(dataset);
    assertEquals(
        "{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]},"
            + "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"Müller^É\"}]},"
            + "\"0040A043\":{\"vr\":\"SQ\",\"Value\":[{\"00080104\":{\"vr\":\"LO\",\"Value\":[\"é\"]}},{}]}}",
        json);
    Dataset back = read(json);
    assertEquals("Müller^É", back.requireString(Tag.PatientName));
    assertEquals("é", back.items(Tag.ConceptNameCodeSequence).get(0).requireString(Tag.CodeMeaning));
    assertEquals(json, written(back));
    Dataset without = read("{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"山田\"}]}}");
    assertEquals("ISO_IR 192", without.requireString(Tag.SpecificCharacterSet));
    assertEquals("山田", without.requireString(Tag.PatientName));
  }

  /** Found by fuzzing: such a document was written, and then refused. */
  @Test
  void aCharacterSetIsAlwaysCs() throws IOException {
    assertThrows(DicomException.class, () -> read("{\"00080005\":{\"vr\":\"FD\",\"Value\":[1]}}"));
    for (VR vr : List.of(VR.FD, VR.LO, VR.OB)) {
      Dataset dataset = new Dataset().putBytes(Tag.SpecificCharacterSet, vr, new byte[8]);
      String json = "{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]}}";
      assertEquals(json, written(dataset));
      assertEquals(json, written(read(json)));
    }
  }

  @Test
  void commandAndMetaElementsAndGroupLengthsAreLeftOut() throws IOException {
    Dataset dataset =
        new Dataset()
            .putInt(Tag.CommandField, 1)
            .putString(Tag.TransferSyntaxUID, Uid.ExplicitVRLittleEndian)
            .putBytes(0x00100000, VR.UL, new byte[4])
            .putInt(Tag.Rows, 2);
    assertEquals("{\"00280010\":{\"vr\":\"US\",\"Value\":[2]}}", written(dataset));
    assertEquals(0, read("{\"00080000\":{\"vr\":\"UL\",\"Value\":[2]}}").size());
  }

  @Test
  void bulkDataAreReferredToAndFetchedOnlyByWhoMay() throws IOException {
    Element fragments = Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[2]));
    Dataset dataset = new Dataset().putItems(Tag.IconImageSequence, List.of(new Dataset().put(fragments)));
    assertThrows(DicomException.class, () -> written(dataset));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomJsonWriter.write(dataset, (path, element) -> Optional.of("bulk/" + path), out);
    String json = out.toString(StandardCharsets.UTF_8);
    assertTrue(json.contains("{\"7FE00010\":{\"vr\":\"OB\",\"BulkDataURI\":\"bulk/00880200/0/7FE00010\"}}"), json);
    DicomException e = assertThrows(DicomException.class, () -> read(json));
    assertEquals(Tag.PixelData, e.tag().getAsInt());
    Dataset fetched =
        DicomJsonReader.read(
            new ByteArrayInputStream(out.toByteArray()), LIMITS, (tag, vr, uri) -> uri.getBytes()).get(0);
    assertEquals("bulk/00880200/0/7FE00010",
        new String(fetched.items(Tag.IconImageSequence).get(0).bytes(Tag.PixelData)));
  }

  @Test
  void arraysOfDatasets() throws IOException {
    List<Dataset> datasets = List.of(new Dataset().putInt(Tag.Rows, 1), new Dataset());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomJsonWriter.writeAll(datasets, BulkDataUris.NONE, out);
    assertEquals("[{\"00280010\":{\"vr\":\"US\",\"Value\":[1]}},{}]", out.toString());
    assertEquals(datasets, read(out.toString(), LIMITS));
    assertEquals(List.of(), read("[]", LIMITS));
  }

  /** Members in another order, null items of text, numbers as strings, old forms of names. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "{\"00280030\":{\"Value\":[0.333333333333333314,\"1 \"],\"vr\":\"DS\"}} | 0.33333333333333\\1",
    "{\"00280030\":{\"vr\":\"DS\",\"Value\":[null,1]}} | \\1",
    "{\"00100010\":{\"vr\":\"PN\",\"Value\":[\"A^B\",{},null]}} | A^B\\\\",
    "{\"00720082\":{\"vr\":\"SV\",\"Value\":[\"-9223372036854775808\"]}} | -9223372036854775808",
    "{\"0008103e\":{\"vr\":\"LO\",\"Value\":[\"lower case tag\"]}} | lower case tag",
    " {\"00080018\" : {\"vr\" : \"UI\" , \"Value\" : [ \"1.2\" ] } } | 1.2"
  })
  void formsThatAreRead(String json, String values) throws IOException {
    Dataset dataset = read(json);
    Element element = dataset.iterator().next();
    assertEquals(values, String.join("\\", dataset.strings(element.tag())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "{", "[{}", "1", "null", "\"a\"", "{}{}", "[1]", "[{},", "{\"Rows\":{\"vr\":\"US\"}}",
        "{\"00280010\":1}", "{\"00280010\":{}}", "{\"00280010\":{\"vr\":\"XX\"}}", "{\"00280010\":{\"vr\":1}}",
        "{\"00280010\":{\"vr\":\"US\",\"Value\":1}}", "{\"00280010\":{\"vr\":\"US\",\"Value\":[true]}}",
        "{\"00280010\":{\"vr\":\"US\",\"Value\":[65536]}}", "{\"00280010\":{\"vr\":\"US\",\"Value\":[-1]}}",
        "{\"00280010\":{\"vr\":\"US\",\"Value\":[1e999999999]}}", "{\"00280010\":{\"vr\":\"US\",\"Value\":[null]}}",
        "{\"00280010\":{\"vr\":\"US\",\"Value\":[[1]]}}", "{\"00280010\":{\"vr\":\"US\",\"Value\":[{}]}}",
        "{\"00280010\":{\"vr\":\"US\",\"Value\":[1],\"Value\":[2]}}", "{\"00280010\":{\"vr\":\"US\",\"x\":[1]}}",
        "{\"00280010\":{\"vr\":\"US\"},\"00280010\":{\"vr\":\"US\"}}",
        "{\"0008103E\":{\"vr\":\"LO\"},\"0008103e\":{\"vr\":\"LO\"}}",
        "{\"0008103E\":{\"vr\":\"LO\",\"Value\":[1]}}", "{\"0008103E\":{\"vr\":\"LO\",\"Value\":[\"a\\\\b\"]}}",
        "{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"é\"]}}", "{\"00104000\":{\"vr\":\"LT\",\"Value\":[\"a\",\"b\"]}}",
        "{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"a=b\"}]}}",
        "{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"a\",\"x\":\"b\"}]}}",
        "{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":null}]}}",
        "{\"0040A043\":{\"vr\":\"SQ\",\"Value\":[null]}}", "{\"0040A043\":{\"vr\":\"SQ\",\"InlineBinary\":\"\"}}",
        "{\"7FE00010\":{\"vr\":\"OW\",\"Value\":[1]}}", "{\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"*\"}}",
        "{\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":1}}", "{\"7FE00010\":{\"vr\":\"OW\",\"BulkDataURI\":\"file:///x\"}}",
        "{\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"\",\"BulkDataURI\":\"x\"}}",
        "{\"00280010\":{\"vr\":\"US\",\"InlineBinary\":\"AAA=\"}}", "{\"00280030\":{\"vr\":\"DS\",\"Value\":[1e40000000000000000]}}",
        "{\"0040A043\":{\"vr\":\"SQ\",\"Value\":[{\"Alphabetic\":\"a\"}]}}", "{'00280010':{}}", "{\"0028001\u0000\":{}}"
      })
  void refusals(String json) {
    assertThrows(DicomException.class, () -> read(json));
  }

  @Test
  void refusalsNameThePlaceAndNeverTheValue() {
    DicomException e =
        assertThrows(DicomException.class, () -> read("{\"00100020\":{\"vr\":\"LO\",\n\"Value\":[Secret]}}"));
    assertTrue(e.getMessage().contains("line 2"), e.getMessage());
    assertFalse(e.getMessage().contains("Secret") || e.getCause() != null, e.getMessage());
  }

  @Test
  void otherEncodingsThanUtf8AreRefused() {
    for (byte[] bytes : List.of(
        "{}".getBytes(StandardCharsets.UTF_16), "{}".getBytes(StandardCharsets.UTF_16LE), new byte[] {'B', 0, 0, 0, 0, 0},
        "{\"0008103E\":{\"vr\":\"LO\",\"Value\":[\"\u00E9\"]}}".getBytes(StandardCharsets.ISO_8859_1))) {
      assertThrows(DicomException.class,
          () -> DicomJsonReader.read(new ByteArrayInputStream(bytes), LIMITS, BulkData.REFUSED));
    }
  }

  @Test
  void depthCountsAndSizesAreLimited() throws IOException {
    String open = "{\"0040A730\":{\"vr\":\"SQ\",\"Value\":[";
    String close = "]}}";
    assertEquals(1, read(open.repeat(64) + "{}" + close.repeat(64)).size());
    assertThrows(DicomException.class, () -> read(open.repeat(65) + "{}" + close.repeat(65)));
    assertThrows(DicomException.class, () -> read(open.repeat(100_000)));
    assertThrows(DicomException.class, () -> read("[".repeat(100_000)));
    ParseLimits tight = new ParseLimits(300, 20, 2, 2, 5);
    String values = "{\"00280010\":{\"vr\":\"US\",\"Value\":[1,2,3,4]}}";
    assertEquals(1, read(values, tight).size());
    assertThrows(DicomException.class, () -> read(values.replace("[1", "[0,1"), tight));
    assertThrows(DicomException.class, () -> read(open + "{},{},{}" + close, tight));
    assertThrows(DicomException.class,
        () -> read("{\"0008103E\":{\"vr\":\"LO\",\"Value\":[\"" + "a".repeat(21) + "\"]}}", tight));
    assertThrows(DicomException.class, () -> read("{" + " ".repeat(100_000) + "}", tight));
    assertThrows(DicomException.class,
        () -> read("{\"00420011\":{\"vr\":\"OB\",\"InlineBinary\":\"" + "A".repeat(40) + "\"}}", tight));
  }

  @Test
  void aDocumentThatFailsIsNotMadeToLookWhole() {
    Dataset dataset = new Dataset().putInt(Tag.Rows, 1);
    dataset.put(Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0])));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThrows(DicomException.class, () -> DicomJsonWriter.write(dataset, BulkDataUris.NONE, out));
    assertFalse(out.toString().endsWith("}}"), out.toString());
  }
}
