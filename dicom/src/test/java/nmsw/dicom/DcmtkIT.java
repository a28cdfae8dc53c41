package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What DCMTK's programs make of our files, and we of theirs. */
class DcmtkIT {
  @TempDir Path folder;

  private static Dataset made() {
    Dataset code =
        new Dataset()
            .putString(Tag.CodeValue, "T-62000")
            .putString(Tag.CodingSchemeDesignator, "SRT")
            .putBytes(Tag.CodeMeaning, VR.LO, "Foie é".getBytes(StandardCharsets.ISO_8859_1));
    Dataset item =
        new Dataset()
            .putString(Tag.ValueType, "CONTAINER")
            .putItems(Tag.ConceptNameCodeSequence, List.of(code))
            .putItems(Tag.ContentSequence,
                List.of(new Dataset(), new Dataset().putString(Tag.TextValue, "x\\y")));
    return new Dataset()
        .putString(Tag.SpecificCharacterSet, "ISO_IR 100")
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, Uid.derived("made"))
        .putString(Tag.PatientName, "Müller^Ää")
        .putEmpty(Tag.PatientID)
        .putNumber(Tag.PixelSpacing, 0.9765625, 1 / 3.0)
        .putInt(Tag.PixelRepresentation, 1)
        .putInt(Tag.Rows, 2)
        .putInt(Tag.Columns, 2)
        .putInt(Tag.PixelPaddingValue, -2000)
        .putInt(Tag.FrameIncrementPointer, Tag.PixelSpacing)
        .putItems(Tag.ContentSequence, List.of(item, item.copy()))
        .putEmpty(Tag.ReferencedSeriesSequence)
        .putBytes(0x00090010, VR.LO, "NMSW TEST".getBytes(StandardCharsets.US_ASCII))
        .put(Element.ofItems(0x00091001, List.of(code.copy())))
        .putBytes(Tag.PixelData, VR.OW, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
  }

  /** The dump of the data set, after DCMTK wrote it anew in one form; file meta information left out. */
  private String dump(Path file) throws IOException, InterruptedException {
    Path normal = folder.resolve("normal.dcm");
    Command.run("dcmconv", "-q", "+te", "-e", "-g", file, normal);
    return Command.run("dcmdump", "-q", "+L", "+R", "64", normal)
        .lines()
        .filter(line -> line.stripLeading().startsWith("("))
        .filter(line -> !line.startsWith("(0002,"))
        .collect(Collectors.joining("\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        Uid.ExplicitVRLittleEndian, Uid.ImplicitVRLittleEndian, Uid.ExplicitVRBigEndian,
        Uid.DeflatedExplicitVRLittleEndian
      })
  void dcmdumpReadsWhatWeWrite(String syntax) throws Exception {
    Path file = folder.resolve("ours.dcm");
    DicomWriter.writeFile(file, made(), TransferSyntax.of(syntax));
    String dump = Command.run("dcmdump", "+L", "-Un", file);
    for (String line :
        List.of(
            "(0009,0010) LO [NMSW TEST]",
            "(0010,0020) LO (no value available)",
            "(0028,0030) DS [0.9765625\\0.33333333333333]",
            "(0028,0010) US 2 ",
            "(0028,0120) SS -2000",
            "(0040,a160) UT [x\\y]",
            "(0008,0104) LO [Foie \u00e9]",
            "(7fe0,0010) OW 0201\\0403\\0605\\0807")) {
      assertTrue(dump.contains(line), () -> line + " is not in\n" + dump);
    }
    // Its one remark is on the private sequence in Implicit VR, which has no other form.
    assertEquals(syntax.equals(Uid.ImplicitVRLittleEndian) ? 1 : 0, dump.lines().filter(line -> line.matches("[WEF]: .*")).count(), dump);
  }

  @ParameterizedTest
  @CsvSource({"+te, +e", "+te, -e", "+ti, +e", "+ti, -e", "+te, +g", "+tb, +e", "+tb, -e", "+td, +e"})
  void weReadWhatDcmconvWrites(String syntax, String form) throws Exception {
    Path ours = folder.resolve("ours.dcm");
    Path theirs = folder.resolve("theirs.dcm");
    DicomWriter.writeFile(ours, made(), TransferSyntax.EXPLICIT_LE);
    Command.run("dcmconv", syntax, form, ours, theirs);
    Dataset read = DicomReader.read(theirs).dataset();
    Dataset expected = DicomReader.read(ours).dataset();
    if (syntax.equals("+ti") && form.equals("+e")) {
      // A private sequence of defined length is unknown bytes in Implicit VR.
      assertEquals(VR.UN, read.get(0x00091001).vr());
      read.remove(0x00091001);
      expected.remove(0x00091001);
    }
    assertEquals(expected, read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "seg/dcmqi/liver.dcm",
        "seg/dcmqi/partial_overlaps.dcm",
        "transfer-syntax/enhanced-ct-2frame/CT0012.explicit_little_endian.dcm",
        "transfer-syntax/cornerstone-ctimage/CTImage.dcm_LittleEndianImplicitTransferSyntax"
            + "_1.2.840.10008.1.2.dcm",
        "transfer-syntax/cornerstone-ctimage/CTImage.dcm_BigEndianExplicitTransferSyntax"
            + "_1.2.840.10008.1.2.2.dcm",
        "transfer-syntax/cornerstone-ctimage/CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax"
            + "_1.2.840.10008.1.2.1.99.dcm",
        "odd/SignedCT.dcm"
      })
  void realFilesAreTheSameToDcmdumpAfterReadingAndWriting(String name) throws Exception {
    Path file = SharedData.folder().resolve(name);
    DicomFile read = DicomReader.read(file);
    Path ours = folder.resolve("ours.dcm");
    DicomWriter.writeFile(ours, read.dataset(), read.transferSyntax());
    assertEquals(dump(file), dump(ours));
  }

  @Test
  void pixelsAreThoseThatDcmdumpExtracts() throws Exception {
    for (String name :
        List.of("odd/SignedCT.dcm", "transfer-syntax/enhanced-ct-2frame/CT0012.explicit_little_endian.dcm")) {
      DicomFile file = DicomReader.read(SharedData.folder().resolve(name));
      Path raw = Files.createDirectories(folder.resolve(name + ".raw"));
      Command.run("dcmdump", "-q", "+W", raw, SharedData.folder().resolve(name));
      Path largest =
          SharedData.files(raw).stream().max((a, b) -> Long.compare(size(a), size(b))).orElseThrow();
      ShortBuffer words =
          ByteBuffer.wrap(Files.readAllBytes(largest)).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
      int frames = PixelDecoder.frames(file.dataset());
      assertEquals(16, file.dataset().requireInt(Tag.BitsAllocated));
      boolean signed = file.dataset().requireInt(Tag.PixelRepresentation) == 1;
      for (int frame = 0; frame < frames; frame++) {
        int[] values = PixelDecoder.decode(file.dataset(), file.transferSyntax(), frame);
        int[] expected = new int[values.length];
        for (int i = 0; i < expected.length; i++) {
          short word = words.get();
          expected[i] = signed ? word : Short.toUnsignedInt(word);
        }
        assertArrayEquals(expected, values);
      }
      assertEquals(0, words.remaining());
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }
}
