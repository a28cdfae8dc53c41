package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;

class SecondaryCaptureTest {
  private static final CtFixture CT = CtFixture.axial(18, 14, 6);

  static Dataset write(BufferedImage picture) throws Exception {
    return write(picture, CT.slice(0));
  }

  static Dataset write(BufferedImage picture, Dataset header) throws Exception {
    return SecondaryCapture.write(
        picture, CT.stack(), header, CtFixture.ALGORITHM, CtFixture.EQUIPMENT, CT.uids(), CtFixture.CLOCK);
  }

  @Test
  void pixelsAreRedGreenBlueRowByRow() throws Exception {
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, 0x010203);
    picture.setRGB(2, 0, 0xFFFEFD);
    picture.setRGB(0, 1, 0x808182);
    Dataset capture = write(picture);
    assertEquals(2, capture.requireInt(Tag.Rows));
    assertEquals(3, capture.requireInt(Tag.Columns));
    assertArrayEquals(
        new byte[] {1, 2, 3, 0, 0, 0, -1, -2, -3, -128, -127, -126, 0, 0, 0, 0, 0, 0}, capture.bytes(Tag.PixelData));
  }

  @Test
  void saysWhatItIsAndWhatItWasMadeOf() throws Exception {
    Dataset capture = write(new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB));
    assertEquals(Uid.SecondaryCaptureImageStorage, capture.requireString(Tag.SOPClassUID));
    assertEquals(List.of("DERIVED", "SECONDARY"), capture.strings(Tag.ImageType));
    assertEquals("NO", capture.requireString(Tag.BurnedInAnnotation));
    assertEquals(CT.slice(0).string(Tag.StudyInstanceUID), capture.string(Tag.StudyInstanceUID));
    assertEquals(CT.uids().of("preview").seriesUid(), capture.requireString(Tag.SeriesInstanceUID));
    assertEquals(
        CT.stack().slices().stream().map(slice -> slice.sopInstanceUid()).toList(),
        capture.items(Tag.SourceImageSequence).stream()
            .map(item -> item.string(Tag.ReferencedSOPInstanceUID).orElseThrow())
            .toList());
  }
}
