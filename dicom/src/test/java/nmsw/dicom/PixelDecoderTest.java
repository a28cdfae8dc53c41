package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PixelDecoderTest {
  private static Dataset image(int allocated, int stored, int highBit, int signed, int... bytes) {
    byte[] data = new byte[bytes.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) bytes[i];
    }
    return new Dataset()
        .putInt(Tag.Rows, 1)
        .putInt(Tag.Columns, 2)
        .putInt(Tag.BitsAllocated, allocated)
        .putInt(Tag.BitsStored, stored)
        .putInt(Tag.HighBit, highBit)
        .putInt(Tag.PixelRepresentation, signed)
        .putBytes(Tag.PixelData, VR.OW, data);
  }

  private static int[] decode(Dataset dataset, int frame) throws DicomException {
    return PixelDecoder.decode(dataset, TransferSyntax.EXPLICIT_LE, frame);
  }

  @Test
  void bitsAndSigns() throws DicomException {
    assertArrayEquals(new int[] {0x8001, 0xFFFF}, decode(image(16, 16, 15, 0, 0x01, 0x80, 0xFF, 0xFF), 0));
    assertArrayEquals(new int[] {-32767, -1}, decode(image(16, 16, 15, 1, 0x01, 0x80, 0xFF, 0xFF), 0));
    assertArrayEquals(new int[] {0x801, 0xFFF}, decode(image(16, 12, 11, 0, 0x01, 0xF8, 0xFF, 0xFF), 0));
    assertArrayEquals(new int[] {-2047, 0x7FF}, decode(image(16, 12, 11, 1, 0x01, 0xF8, 0xFF, 0x07), 0));
    assertArrayEquals(new int[] {-2048, 0x7FF}, decode(image(16, 12, 15, 1, 0x0F, 0x80, 0xF0, 0x7F), 0));
    assertArrayEquals(new int[] {0x81, 0x7F}, decode(image(8, 8, 7, 0, 0x81, 0x7F), 0));
    assertArrayEquals(new int[] {-127, 127}, decode(image(8, 8, 7, 1, 0x81, 0x7F), 0));
    assertArrayEquals(new int[] {1, -2}, decode(image(8, 4, 5, 1, 0x44, 0x78), 0));
  }

  @Test
  void frames() throws DicomException {
    Dataset image = image(8, 8, 7, 0, 1, 2, 3, 4).putInt(Tag.NumberOfFrames, 2);
    assertEquals(2, PixelDecoder.frames(image));
    assertArrayEquals(new int[] {3, 4}, decode(image, 1));
    assertThrows(DicomException.class, () -> decode(image, 2));
    assertThrows(DicomException.class, () -> decode(image.putInt(Tag.NumberOfFrames, 3), 2));
  }

  @Test
  void refusals() {
    Dataset huge = image(16, 16, 15, 0, 1, 2, 3, 4).putInt(Tag.Rows, 65535).putInt(Tag.Columns, 65535);
    assertTrue(assertThrows(DicomException.class, () -> decode(huge, 0)).getMessage().contains("65535"));
    assertThrows(DicomException.class, () ->
        decode(huge.putInt(Tag.NumberOfFrames, Integer.MAX_VALUE), 99999));
    assertThrows(DicomException.class, () -> decode(image(32, 32, 31, 0, 1), 0));
    assertThrows(DicomException.class, () -> decode(image(16, 17, 16, 0, 1, 2, 3, 4), 0));
    assertThrows(DicomException.class, () -> decode(image(16, 12, 10, 0, 1, 2, 3, 4), 0));
    assertThrows(DicomException.class, () -> decode(image(16, 0, 0, 0, 1, 2, 3, 4), 0));
    assertThrows(DicomException.class, () ->
        decode(image(8, 8, 7, 0, 1, 2).putInt(Tag.SamplesPerPixel, 3), 0));
    assertThrows(DicomException.class, () -> decode(image(8, 8, 7, 0, 1, 2).putInt(Tag.Rows, 0), 0));
    assertThrows(DicomException.class, () -> decode(new Dataset(), 0));
    Dataset encapsulated = image(8, 8, 7, 0);
    encapsulated.put(Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[2])));
    DicomException e =
        assertThrows(
            DicomException.class, () ->
                PixelDecoder.decode(encapsulated, TransferSyntax.of(Uid.HTJ2KLossless), 0));
    assertTrue(e.getMessage().contains("High-Throughput JPEG 2000"));
  }
}
