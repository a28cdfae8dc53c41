package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncapsulatedFramesTest {
  private static final byte[] A = {1, 2, 3, 4};
  private static final byte[] B = {5, 6};
  private static final byte[] C = {7, 8, 9};

  private static byte[] table(int... offsets) {
    ByteBuffer table = ByteBuffer.allocate(4 * offsets.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int offset : offsets) {
      table.putInt(offset);
    }
    return table.array();
  }

  private static byte[] longs(long... values) {
    ByteBuffer table = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      table.putLong(value);
    }
    return table.array();
  }

  private static List<byte[]> frames(Dataset dataset, int frames, byte[] table, byte[]... fragments)
      throws DicomException {
    List<byte[]> all = new ArrayList<>(List.of(table));
    all.addAll(List.of(fragments));
    EncapsulatedFrames split =
        EncapsulatedFrames.of(dataset, Element.ofFragments(Tag.PixelData, VR.OB, all), frames);
    List<byte[]> result = new ArrayList<>();
    for (int frame = 0; frame < frames; frame++) {
      result.add(split.bytes(frame));
    }
    return result;
  }

  private static Dataset extended(long[] offsets, long... lengths) {
    return new Dataset()
        .putBytes(Tag.ExtendedOffsetTable, VR.OV, longs(offsets))
        .putBytes(Tag.ExtendedOffsetTableLengths, VR.OV, longs(lengths));
  }

  private static DicomException refused(Dataset dataset, int frames, byte[] table, byte[]... fragments) {
    return assertThrows(DicomException.class, () -> frames(dataset, frames, table, fragments));
  }

  @Test
  void withoutTable() throws DicomException {
    assertSame(A, frames(new Dataset(), 1, table(), A).get(0));
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6}, frames(new Dataset(), 1, table(), A, B).get(0));
    assertSame(B, frames(new Dataset(), 2, table(), A, B).get(1));
    byte[] start = {(byte) 0xFF, (byte) 0xD8, 0};
    byte[] startOf2000 = {(byte) 0xFF, 0x4F, (byte) 0xFF, 0x51};
    List<byte[]> images = frames(new Dataset(), 2, table(), start, A, startOf2000, B, C);
    assertEquals(7, images.get(0).length);
    assertEquals(9, images.get(1).length);
    assertTrue(refused(new Dataset(), 2, table(), A, start, B).getMessage().contains("1 images begin"));
    assertTrue(refused(new Dataset(), 3, table(), A, B).getMessage().contains("too few"));
    refused(new Dataset(), 1, table());
  }

  @Test
  void basicOffsetTable() throws DicomException {
    List<byte[]> frames = frames(new Dataset(), 2, table(0, 22), A, B, C);
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6}, frames.get(0));
    assertSame(C, frames.get(1));
    // An odd fragment has a byte of padding in the stream.
    assertSame(A, frames(new Dataset(), 2, table(0, 12), C, A).get(1));
  }

  @Test
  void hostileBasicOffsetTables() {
    for (int[] offsets :
        new int[][] {{0, 21}, {0, 12 + 1}, {0, 0}, {8, 22}, {0, -1}, {22, 0}, {0, 32}, {0, 33}, {0}, {0, 12, 22}}) {
      DicomException e = refused(new Dataset(), 2, table(offsets), A, B, C);
      assertEquals(Tag.PixelData, e.tag().getAsInt());
    }
    assertTrue(refused(new Dataset(), 2, table(0, -1), A, B, C).getMessage().contains("4294967295"));
    refused(new Dataset(), 2, new byte[] {0, 0, 0, 0, 12, 0, 0}, A, B);
  }

  @Test
  void extendedOffsetTable() throws DicomException {
    List<byte[]> frames = frames(extended(new long[] {0, 12}, 4, 1), 2, table(), A, B);
    assertSame(A, frames.get(0));
    assertArrayEquals(new byte[] {5}, frames.get(1));
  }

  @Test
  void hostileExtendedOffsetTables() {
    byte[] none = table();
    assertEquals(
        Tag.ExtendedOffsetTable, refused(extended(new long[] {0, 13}, 4, 2), 2, none, A, B).tag().getAsInt());
    refused(extended(new long[] {0, -1L}, 4, 2), 2, none, A, B);
    refused(extended(new long[] {0, 1L << 32}, 4, 2), 2, none, A, B);
    refused(extended(new long[] {0, 12}, 4, 2), 2, table(0, 12), A, B);
    refused(extended(new long[] {0, 12}, 4, 2), 2, none, A, B, C);
    refused(extended(new long[] {0}, 4), 2, none, A, B);
    refused(new Dataset().putBytes(Tag.ExtendedOffsetTable, VR.OV, longs(0, 12)), 2, none, A, B);
    assertEquals(
        Tag.ExtendedOffsetTableLengths,
        refused(extended(new long[] {0, 12}, 4, 3), 2, none, A, B).tag().getAsInt());
    assertTrue(
        refused(extended(new long[] {0, 12}, 4, -1), 2, none, A, B).getMessage().contains("18446744073709551615"));
  }
}
