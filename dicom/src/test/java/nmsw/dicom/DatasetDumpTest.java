package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DatasetDumpTest {
  @Test
  void oneElementALine() {
    Dataset item = new Dataset().putString(Tag.CodeMeaning, "Liver");
    Dataset dataset =
        new Dataset()
            .putString(Tag.SOPClassUID, Uid.CTImageStorage)
            .putBytes(0x00090010, VR.LO, "ACME".getBytes(StandardCharsets.US_ASCII))
            .putBytes(0x00091001, VR.UN, new byte[] {1, 2, -1})
            .putString(Tag.SpecificCharacterSet, "ISO_IR 192")
            .putString(Tag.PatientName, "Müller^山田")
            .putEmpty(Tag.PatientID)
            .putNumber(Tag.PixelSpacing, 0.5, 2)
            .putItems(Tag.ConceptNameCodeSequence, List.of(item, new Dataset()))
            .put(Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[6])));
    assertEquals(
        String.join(
            "\n",
            "(0008,0005) CS [ISO_IR 192] # SpecificCharacterSet",
            "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.2] CT Image Storage # SOPClassUID",
            "(0009,0010) LO [ACME] # private",
            "(0009,1001) UN 3 bytes [01 02 FF] # private, ACME",
            "(0010,0010) PN [Müller^山田] # PatientName",
            "(0010,0020) LO (empty) # PatientID",
            "(0028,0030) DS [0.5\\2] # PixelSpacing",
            "(0040,A043) SQ 2 items # ConceptNameCodeSequence",
            "  item 1",
            "    (0008,0104) LO [Liver] # CodeMeaning",
            "  item 2",
            "(7FE0,0010) OB 1 fragment of 6 bytes in all # PixelData",
            ""),
        DatasetDump.of(dataset, 80));
  }

  @Test
  void valuesAreCutAndCannotDriveATerminal() {
    Dataset dataset = new Dataset().putString(Tag.SpecificCharacterSet, "ISO_IR 192");
    dataset.putString(Tag.PatientComments, "\u001B[2J\u0007\u202Eevil\r\n\uD83D\uDE00" + "x".repeat(1000));
    assertEquals(
        "[\\u{1B}[2J\\u{7}\\u{202E}evil\\r\\n\uD83D\uDE00xxxxxxx ...]",
        DatasetDump.of(dataset, 20).lines().skip(1).findFirst().orElseThrow().replaceAll(".* LT | #.*", ""));
    Dataset large = new Dataset().putBytes(Tag.PixelData, VR.OW, new byte[1 << 20]);
    assertTrue(DatasetDump.of(large, 80).length() < 200);
  }

  @Property(tries = 300)
  void anyValueIsOneBoundedLine(@ForAll byte[] value, @ForAll VR vr) {
    if (vr != VR.SQ) {
      String dump = DatasetDump.of(new Dataset().putBytes(Tag.PatientComments, vr, value), 20);
      assertEquals(1, dump.lines().count());
      assertTrue(dump.chars().allMatch(c -> c == '\n' || c >= ' ' && (c < 0x7F || c > 0x9F)), dump);
      assertTrue(dump.length() < 20 * 10 + 60, dump);
    }
  }
}
