package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of real scanners, of other toolkits and of a fuzzing corpus. */
@Timeout(900)
class RealFilesIT {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "ct-series/acrin-013_coronal-reformat_16, 16",
    "ct-series/cptac-pda-C3L-00189_lungbases-abdomen_GE_35, 35",
    "ct-series/dicom2nifti-failing_8, 8",
    "ct-series/tcga-single-slices_16, 16"
  })
  void nativeImagesAreReadAndDecoded(String archive, int count) throws Exception {
    int images = 0;
    for (Path path : SharedData.unpack(archive + ".tar.bz2", folder)) {
      DicomFile file = DicomReader.read(path);
      Dataset image = file.dataset();
      int[] pixels = PixelDecoder.decode(image, file.transferSyntax(), 0);
      assertEquals(image.requireInt(Tag.Rows) * image.requireInt(Tag.Columns), pixels.length);
      assertTrue(Arrays.stream(pixels).distinct().limit(2).count() == 2, () -> path + " has no picture");
      Dataset header = DicomReader.readUntil(path, Tag.PixelData).dataset();
      assertEquals(image.copy().remove(Tag.PixelData).remove(0xFFFCFFFC), header);
      images++;
    }
    assertEquals(count, images);
  }

  /** This series pads outside of the field of view with -2000. */
  @Test
  void signedPaddingIsDecoded() throws Exception {
    String name = "acrin-flt-breast-001_abdomen-pelvis";
    Path archive = SharedData.folder().resolve("ct-series/" + name + "_GE_99.tar.bz2");
    Command.run("tar", "xjf", archive, "-C", folder, "--occurrence=1", name + "/1-100.dcm");
    DicomFile file = DicomReader.read(folder.resolve(name + "/1-100.dcm"));
    int[] pixels = PixelDecoder.decode(file.dataset(), file.transferSyntax(), 0);
    assertEquals(-2000, Arrays.stream(pixels).min().getAsInt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"seg", "rtstruct", "transfer-syntax"})
  void otherObjectsAreReadAndKeptWhenWritten(String name) throws Exception {
    int read = 0;
    for (Path path : SharedData.files(SharedData.folder().resolve(name))) {
      if (path.toString().endsWith(".dcm")) {
        DicomFile file = DicomReader.read(path);
        assertFalse(file.dataset().requireString(Tag.SOPClassUID).isEmpty());
        Path ours = folder.resolve("ours.dcm");
        DicomWriter.writeFile(ours, file.dataset(), file.transferSyntax());
        assertEquals(file.dataset(), DicomReader.read(ours).dataset(), path.toString());
        read++;
      }
    }
    assertTrue(read > 3, read + " objects of " + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2",
        "BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2",
        "DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99"
      })
  void everyUncompressedSyntaxGivesTheSameImage(String name) throws Exception {
    Path images = SharedData.folder().resolve("transfer-syntax/cornerstone-ctimage");
    String explicit = "CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm";
    Dataset expected = DicomReader.read(images.resolve(explicit)).dataset();
    Dataset image = DicomReader.read(images.resolve("CTImage.dcm_" + name + ".dcm")).dataset();
    assertTrue(
        Arrays.equals(
            PixelDecoder.decode(expected, TransferSyntax.EXPLICIT_LE, 0),
            PixelDecoder.decode(image, TransferSyntax.EXPLICIT_LE, 0)));
    for (int tag : new int[] {Tag.Rows, Tag.PixelSpacing, Tag.SOPClassUID, Tag.ImagePositionPatient}) {
      assertEquals(expected.get(tag), image.get(tag));
    }
  }

  @Test
  void malformedFilesAreReadOrRefusedWithoutHarm() throws Exception {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Path> corpus = SharedData.unpack("malformed/pwnlab-fuzz-corpus-v3_partA.tar.bz2", folder);
    int refused = 0;
    for (Path path : corpus) {
      long before = threads.getCurrentThreadAllocatedBytes();
      refused += readsOrRefuses(path) ? 0 : 1;
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < (8 << 20) + 50 * Files.size(path), () -> path + " allocates " + allocated);
    }
    assertTrue(corpus.size() > 250, corpus.size() + " files");
    assertTrue(refused > 50, refused + " refused");
  }

  /** Parses, asks for every value, decodes the pixels. */
  private static boolean readsOrRefuses(Path path) throws IOException {
    DicomFile file;
    try {
      file = DicomReader.read(path);
    } catch (DicomException e) {
      return false;
    }
    askForEverything(file.dataset());
    try {
      PixelDecoder.decode(file.dataset(), file.transferSyntax(), 0);
    } catch (DicomException e) {
      assertTrue(e.tag().isPresent(), e.getMessage());
    }
    return true;
  }

  private static void askForEverything(Dataset dataset) {
    for (Element element : dataset) {
      if (element.vr() != VR.OW && element.vr() != VR.OB) {
        dataset.strings(element.tag());
        dataset.numbers(element.tag());
      }
      element.items().forEach(RealFilesIT::askForEverything);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dcm4che/no_preamble_dicm_in_data",
        "fo-dicom/D_CLUNIE_CT1_RLE_FRAGS.dcm",
        "orthanc/DummyCTInvalidRows.dcm",
        "orthanc/Issue22-NoPixelData.dcm",
        "pydicom/ExplVR_LitEndNoMeta.dcm",
        "pydicom/JPEG2000-embedded-sequence-delimiter.dcm",
        "pydicom/UN_sequence.dcm",
        "pydicom/badVR.dcm",
        "pydicom/nested_priv_SQ.dcm"
      })
  void oddFilesOfOtherToolkitsAreRead(String name) throws Exception {
    assertTrue(DicomReader.read(SharedData.folder().resolve("malformed").resolve(name)).dataset().size() > 0);
  }

  @Test
  void aTruncatedFileIsRefusedWithTagAndOffset() {
    Path file = SharedData.folder().resolve("malformed/pydicom/rtplan_truncated.dcm");
    DicomException e = assertThrows(DicomException.class, () -> DicomReader.read(file));
    assertEquals(Tag.BeamSequence, e.tag().getAsInt());
    assertEquals(1410, e.offset().getAsLong());
  }
}
