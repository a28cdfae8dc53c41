package nmsw.dicom.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.dicom.Command;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.PixelEncoder;
import nmsw.dicom.Pixels;
import nmsw.dicom.SharedData;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What DCMTK and GDCM compress, decoded here: lossless to the bit, lossy as they decode it themselves. */
@Timeout(900)
class PeersIT {
  private static final String CORNERSTONE = "transfer-syntax/cornerstone-ctimage/CTImage.dcm_";

  @TempDir Path folder;

  private static boolean isLine(Dataset image) throws IOException {
    return Math.min(image.requireInt(Tag.Rows), image.requireInt(Tag.Columns)) == 1;
  }

  private Path written(Dataset image) throws IOException {
    Path file = folder.resolve("native.dcm");
    DicomWriter.writeFile(file, image, TransferSyntax.EXPLICIT_LE);
    return file;
  }

  /**
   * What a peer decompressed, within the stored bits of the compressed image: what overshoots them is in the
   * peer's cells, whether or not it says so.
   */
  private static List<int[]> stored(Path peers, Path compressed) throws IOException {
    Dataset image = DicomReader.read(compressed).dataset();
    int stored = image.requireInt(Tag.BitsStored);
    int least = image.requireInt(Tag.PixelRepresentation) == 1 ? -1 << stored - 1 : 0;
    int largest = least + (1 << stored) - 1;
    DicomFile theirs = DicomReader.read(peers);
    int allocated = theirs.dataset().requireInt(Tag.BitsAllocated);
    theirs.dataset().putInt(Tag.BitsStored, allocated).putInt(Tag.HighBit, allocated - 1);
    List<int[]> frames = new ArrayList<>();
    for (int frame = 0; frame < PixelDecoder.frames(theirs.dataset()); frame++) {
      int[] cells = PixelDecoder.decode(theirs.dataset(), theirs.transferSyntax(), frame);
      frames.add(Arrays.stream(cells).map(value -> Math.max(least, Math.min(largest, value))).toArray());
    }
    return frames;
  }

  private Path compressed(String encoder, Path file) throws Exception {
    return converted(encoder, file, folder.resolve("compressed.dcm"));
  }

  private Path decompressed(String decoder, Path file) throws Exception {
    return converted(decoder, file, folder.resolve("decompressed.dcm"));
  }

  private static Path converted(String program, Path file, Path into) throws Exception {
    List<Object> words = new ArrayList<>(List.of((Object[]) program.split(" ")));
    words.add(file);
    words.add(into);
    Command.run(words.toArray());
    return into;
  }

  @ParameterizedTest
  @CsvSource({
    "dcmcrle, " + Uid.RLELossless,
    "dcmcrle -ot, " + Uid.RLELossless,
    "dcmcjpeg +e1, " + Uid.JPEGLosslessSV1,
    "dcmcjpeg +e1 +fs 1, " + Uid.JPEGLosslessSV1,
    "dcmcjpeg +e1 +fs 1 -ot, " + Uid.JPEGLosslessSV1,
    "dcmcjpeg +el +sv 1, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 2, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 3, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 4, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 5, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 6, " + Uid.JPEGLossless,
    "dcmcjpeg +el +sv 7, " + Uid.JPEGLossless,
    "dcmcjpls +el, " + Uid.JPEGLSLossless,
    "dcmcjpls +el +t1 5 +t2 9 +t3 40 +rs 31, " + Uid.JPEGLSLossless,
    "dcmcjpls +el +fs 1 -ot, " + Uid.JPEGLSLossless,
    "gdcmconv --jpeg, " + Uid.JPEGLosslessSV1,
    "gdcmconv --jpegls, " + Uid.JPEGLSLossless,
    "gdcmconv --j2k, " + Uid.JPEG2000Lossless,
    "gdcmconv --j2k -n 2, " + Uid.JPEG2000Lossless,
    "'gdcmconv --j2k -t 20,24', " + Uid.JPEG2000Lossless,
  })
  void losslessIsTheSameToTheBit(String encoder, String syntax) throws Exception {
    for (Dataset image : TestImages.all()) {
      if (encoder.contains("j2k") && isLine(image)) {
        // That encoder dies of it; J2kIT has such images.
        continue;
      }
      Path original = written(image);
      String name = image.requireString(Tag.SeriesDescription);
      Path compressed = compressed(encoder, original);
      assertEquals(syntax, DicomReader.read(compressed).transferSyntax().uid(), name);
      assertEquals(0, Pixels.difference(Pixels.decoded(original), Pixels.decoded(compressed)), encoder + ": " + name);
    }
  }

  /**
   * JPEG: one step is what T.83 lets decoders differ by. JPEG-LS is exact. JPEG 2000, irreversible: four steps of
   * 16 bits, for that peer scales the high-pass band by 1.625732 where 2 / K (T.800 table F.4) is 1.625786; with
   * its constant the difference is one step.
   */
  @ParameterizedTest
  @CsvSource({
    "dcmcjpeg +eb +q 90, dcmdjpeg, 8, 1",
    "dcmcjpeg +eb +q 30, dcmdjpeg, 8, 1",
    "dcmcjpeg +ee +q 90 +be, dcmdjpeg, 8, 1",
    "dcmcjpeg +ee +q 90 +bt, dcmdjpeg, 12, 1",
    "dcmcjpeg +ee +q 40 +bt, dcmdjpeg, 12, 1",
    "dcmcjpls +en +md 1, dcmdjpls, 16, 0",
    "dcmcjpls +en +md 7, dcmdjpls, 16, 0",
    "gdcmconv --jpegls --lossy -e 3, dcmdjpls, 16, 0",
    "gdcmconv --j2k --lossy -q 60, gdcmconv --raw, 16, 1",
    "gdcmconv --j2k --lossy -r 20, gdcmconv --raw, 16, 1",
    "gdcmconv --j2k --lossy --irreversible -q 60, gdcmconv --raw, 16, 4",
    "gdcmconv --j2k --lossy --irreversible -r 10, gdcmconv --raw, 16, 4",
  })
  void lossyIsWhatThePeerDecodes(String encoder, String decoder, int mostBits, int tolerance) throws Exception {
    int tested = 0;
    for (Dataset image : TestImages.all()) {
      boolean signed = image.requireInt(Tag.PixelRepresentation) == 1;
      if (image.requireInt(Tag.BitsStored) > mostBits
          || signed && encoder.startsWith("dcmcjpls")
          || encoder.contains("j2k") && isLine(image)) {
        // The first has no such process, the others are refused by the encoder, or kill it.
        continue;
      }
      Path compressed = compressed(encoder, written(image));
      Path theirs = decompressed(decoder, compressed);
      String name = encoder + ": " + image.requireString(Tag.SeriesDescription);
      int difference = Pixels.difference(stored(theirs, compressed), Pixels.decoded(compressed));
      assertTrue(difference <= tolerance, () -> name + " differs by " + difference);
      tested++;
    }
    assertTrue(tested >= 2, tested + " images");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90",
        "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
        "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70",
        "JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57",
        "RLELosslessTransferSyntax_1.2.840.10008.1.2.5"
      })
  void losslessFilesOfAnotherEncoder(String name) throws Exception {
    Path original =
        SharedData.folder().resolve(CORNERSTONE + "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm");
    Path compressed = SharedData.folder().resolve(CORNERSTONE + name + ".dcm");
    assertEquals(0, Pixels.difference(Pixels.decoded(original), Pixels.decoded(compressed)));
  }

  @ParameterizedTest
  @CsvSource({
    "JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50, dcmdjpeg, 1",
    "JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51, dcmdjpeg, 1",
    "JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81, dcmdjpls, 0",
    "JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91, gdcmconv --raw, 1"
  })
  void lossyFilesOfAnotherEncoder(String name, String decoder, int tolerance) throws Exception {
    Path compressed = SharedData.folder().resolve(CORNERSTONE + name + ".dcm");
    Path theirs = decompressed(decoder, compressed);
    int difference = Pixels.difference(Pixels.decoded(theirs), Pixels.decoded(compressed));
    assertTrue(difference <= tolerance, () -> name + " differs by " + difference);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fragmented_no_bot_jpeg_lossless.70", "fragmented_no_bot_jpeg_ls.80", "not_fragmented_bot_rle"})
  void framesInFragments(String name) throws Exception {
    Path frames = SharedData.folder().resolve("transfer-syntax/enhanced-ct-2frame");
    List<int[]> expected = Pixels.decoded(frames.resolve("CT0012.explicit_little_endian.dcm"));
    assertEquals(2, expected.size());
    assertEquals(0, Pixels.difference(expected, Pixels.decoded(frames.resolve("CT0012." + name + ".dcm"))));
  }

  @Test
  void bitsInRle() throws Exception {
    Path folderOfBits = SharedData.folder().resolve("seg/pydicom");
    List<int[]> expected = Pixels.decoded(folderOfBits.resolve("liver_1frame.dcm"));
    List<int[]> frames = Pixels.decoded(folderOfBits.resolve("liver_rle.dcm"));
    assertArrayEquals(expected.get(0), frames.get(0));
  }

  @Test
  void peersReadOurRle() throws Exception {
    for (Dataset image : TestImages.all()) {
      List<int[]> expected = Pixels.decoded(written(image));
      Path ours = folder.resolve("ours.dcm");
      image.put(PixelEncoder.rle(image));
      DicomWriter.writeFile(ours, image, TransferSyntax.RLE_LOSSLESS);
      String name = image.requireString(Tag.SeriesDescription);
      assertEquals(0, Pixels.difference(expected, Pixels.decoded(ours)), name);
      for (String decoder : List.of("dcmdrle", "gdcmconv --raw")) {
        assertEquals(0, Pixels.difference(expected, Pixels.decoded(decompressed(decoder, ours))), decoder + ": " + name);
      }
    }
  }

  /** Every second slice of scanners of many makes. */
  @ParameterizedTest
  @ValueSource(strings = {"gdcmconv --rle", "dcmcjpeg +e1", "dcmcjpeg +el +sv 6", "dcmcjpls +el", "gdcmconv --jpegls", "gdcmconv --j2k"})
  void realSlices(String encoder) throws Exception {
    int tested = 0;
    for (String archive : List.of("tcga-single-slices_16", "dicom2nifti-failing_8")) {
      for (Path original : SharedData.unpack("ct-series/" + archive + ".tar.bz2", folder)) {
        if (tested++ % 2 == 0) {
          String name = encoder + ": " + original.getFileName();
          assertEquals(0, Pixels.difference(Pixels.decoded(original), Pixels.decoded(compressed(encoder, original))), name);
        }
      }
    }
    assertTrue(tested > 20, tested + " slices");
  }
}
