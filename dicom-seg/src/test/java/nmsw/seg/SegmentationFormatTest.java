package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import org.junit.jupiter.api.Test;

class SegmentationFormatTest {
  @Test
  void theDefaultIsUncompressedBinary() {
    assertEquals(SegmentationFormat.DEFAULT, SegmentationFormat.parse("binary", "none"));
    assertEquals(TransferSyntax.EXPLICIT_LE, SegmentationFormat.DEFAULT.transferSyntax());
    assertEquals(Uid.SegmentationStorage, SegmentationFormat.DEFAULT.sopClassUid());
  }

  @Test
  void wordsOfAConfiguration() {
    SegmentationFormat labelmap = SegmentationFormat.parse("labelmap", "Deflated");
    assertEquals(new SegmentationFormat(Kind.LABELMAP, Compression.DEFLATED), labelmap);
    assertEquals(TransferSyntax.DEFLATED_LE, labelmap.transferSyntax());
    assertEquals(Uid.LabelMapSegmentationStorage, labelmap.sopClassUid());
    assertEquals("labelmap deflated", labelmap.toString());
    SegmentationFormat fractional = SegmentationFormat.parse("FRACTIONAL", "rle");
    assertEquals(TransferSyntax.RLE_LOSSLESS, fractional.transferSyntax());
    assertEquals(Uid.SegmentationStorage, fractional.sopClassUid());
  }

  @Test
  void otherWordsAreRefusedWithThoseThatThereAre() {
    assertRefused("contour", "none", "kind of segmentation 'contour' is none of [binary, fractional, labelmap, labelmap16]");
    assertRefused("binary", "zip", "compression 'zip' is none of [none, deflated, rle]");
  }

  private static void assertRefused(String kind, String compression, String why) {
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> SegmentationFormat.parse(kind, compression));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }
}
