package nmsw.dicom;

import java.util.Arrays;
import java.util.List;

/**
 * Which fragments make up which frame of encapsulated pixel data (PS3.5 §A.4): by the Extended Offset Table
 * (PS3.3 §C.7.6.3.1.8) if there is one, else by the Basic Offset Table; without either, one fragment is one
 * frame, or all are the only one, or a frame begins wherever a JPEG image does.
 *
 * <p>Offsets count from the first byte of the item that follows the Basic Offset Table. One that no fragment
 * starts at is refused, and so is a table of another number of frames.
 */
final class EncapsulatedFrames {
  private static final int ITEM_HEADER = 8;
  private static final int SOI = 0xFFD8;
  private static final int SOC = 0xFF4F;
  private static final int SIZ = 0xFF51;

  /** As they were read: after the Basic Offset Table. */
  private final List<byte[]> fragments;

  /** Index of each frame's first fragment, and after the last one the number of fragments. */
  private final int[] first;

  /** Bytes of each frame by the Extended Offset Table Lengths, or null. */
  private final long[] lengths;

  private EncapsulatedFrames(List<byte[]> fragments, int[] first, long[] lengths) {
    this.fragments = fragments;
    this.first = first;
    this.lengths = lengths;
  }

  static EncapsulatedFrames of(Dataset dataset, Element pixels, int frames) throws DicomException {
    byte[] table = pixels.fragments().get(0);
    List<byte[]> fragments = pixels.fragments().subList(1, pixels.fragments().size());
    if (fragments.size() < frames) {
      throw DicomException.at(
          Tag.PixelData, fragments.size() + " fragments are too few for " + frames + " frames");
    }
    if (dataset.contains(Tag.ExtendedOffsetTable)) {
      return extended(dataset, table, fragments, frames);
    }
    if (table.length > 0) {
      long[] offsets = numbers(Tag.PixelData, "the Basic Offset Table", table, Integer.BYTES, frames);
      return new EncapsulatedFrames(fragments, starts(Tag.PixelData, fragments, offsets), null);
    }
    return new EncapsulatedFrames(fragments, withoutTable(fragments, frames), null);
  }

  private static EncapsulatedFrames extended(Dataset dataset, byte[] table, List<byte[]> fragments, int frames)
      throws DicomException {
    if (table.length > 0) {
      throw DicomException.at(Tag.ExtendedOffsetTable, "there is a Basic Offset Table beside it");
    }
    if (fragments.size() != frames) {
      throw DicomException.at(
          Tag.ExtendedOffsetTable, fragments.size() + " fragments for " + frames + " frames; each must be one");
    }
    long[] offsets =
        numbers(Tag.ExtendedOffsetTable, "the table", dataset.bytes(Tag.ExtendedOffsetTable), Long.BYTES, frames);
    long[] lengths =
        numbers(
            Tag.ExtendedOffsetTableLengths, "the table", dataset.bytes(Tag.ExtendedOffsetTableLengths), Long.BYTES,
            frames);
    for (int i = 0; i < frames; i++) {
      int length = fragments.get(i).length;
      if (lengths[i] < 0 || lengths[i] > length) {
        throw DicomException.at(
            Tag.ExtendedOffsetTableLengths,
            "frame " + i + " has " + Long.toUnsignedString(lengths[i]) + " bytes, its fragment " + length);
      }
    }
    return new EncapsulatedFrames(fragments, starts(Tag.ExtendedOffsetTable, fragments, offsets), lengths);
  }

  /** The unsigned numbers of a table, which must be as many as there are frames. */
  private static long[] numbers(int tag, String name, byte[] table, int bytes, int frames) throws DicomException {
    if (table.length != (long) frames * bytes) {
      throw DicomException.at(tag, name + " has " + table.length + " bytes, for " + frames + " frames "
          + (long) frames * bytes + " are needed");
    }
    long[] numbers = new long[frames];
    for (int i = 0; i < table.length; i++) {
      numbers[i / bytes] |= (table[i] & 0xFFL) << 8 * (i % bytes);
    }
    return numbers;
  }

  private static int[] starts(int tag, List<byte[]> fragments, long[] offsets) throws DicomException {
    int[] first = new int[offsets.length + 1];
    first[offsets.length] = fragments.size();
    long position = 0;
    int fragment = 0;
    for (int i = 0; i < offsets.length; i++) {
      while (fragment < fragments.size() && Long.compareUnsigned(position, offsets[i]) < 0) {
        position += ITEM_HEADER + even(fragments.get(fragment++).length);
      }
      boolean fits = i == 0 ? offsets[0] == 0 : fragment > first[i - 1];
      if (!fits || fragment == fragments.size() || position != offsets[i]) {
        throw DicomException.at(
            tag,
            "frame " + i + " has the offset " + Long.toUnsignedString(offsets[i])
                + (fits ? ", where no fragment starts" : ", which is not behind the frame before it"));
      }
      first[i] = fragment;
    }
    return first;
  }

  /** A fragment has an even length in a stream, whatever is held here. */
  private static long even(int length) {
    return length + (length & 1);
  }

  private static int[] withoutTable(List<byte[]> fragments, int frames) throws DicomException {
    int[] first = new int[frames + 1];
    first[frames] = fragments.size();
    if (frames == 1) {
      return first;
    }
    if (frames == fragments.size()) {
      Arrays.setAll(first, i -> i);
      return first;
    }
    int found = 0;
    for (int i = 0; i < fragments.size(); i++) {
      if (startsImage(fragments.get(i))) {
        if (found < frames) {
          first[found] = i;
        }
        found++;
      }
    }
    if (found != frames || first[0] != 0) {
      throw DicomException.at(
          Tag.PixelData,
          fragments.size() + " fragments without an offset table, in which " + found + " images begin, for " + frames
              + " frames");
    }
    return first;
  }

  /** JPEG and JPEG-LS begin with SOI, which compressed data cannot contain; JPEG 2000 with SOC and SIZ. */
  private static boolean startsImage(byte[] fragment) {
    int marker = fragment.length < 2 ? 0 : (fragment[0] & 0xFF) << 8 | fragment[1] & 0xFF;
    return marker == SOI
        || marker == SOC && fragment.length > 3 && ((fragment[2] & 0xFF) << 8 | fragment[3] & 0xFF) == SIZ;
  }

  /** The bytes of one frame, from 0; not a copy where the frame is one fragment. */
  byte[] bytes(int frame) throws DicomException {
    int from = first[frame];
    int to = first[frame + 1];
    byte[] start = fragments.get(from);
    if (lengths != null) {
      return lengths[frame] == start.length ? start : Arrays.copyOf(start, (int) lengths[frame]);
    }
    if (to - from == 1) {
      return start;
    }
    long length = 0;
    for (byte[] fragment : fragments.subList(from, to)) {
      length += fragment.length;
    }
    if (length > Integer.MAX_VALUE - 8) {
      throw DicomException.at(Tag.PixelData, "frame " + frame + " has " + length + " bytes of compressed data");
    }
    byte[] joined = new byte[(int) length];
    int at = 0;
    for (byte[] fragment : fragments.subList(from, to)) {
      System.arraycopy(fragment, 0, joined, at, fragment.length);
      at += fragment.length;
    }
    return joined;
  }
}
