package nmsw.dicom;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Writes elements one after the other (PS3.5 §7); see {@link DicomWriter} for what form they get. */
final class ElementWriter {
  /** A multiple of every VR's unit, so that no number is cut. */
  private static final int PIECE = 1 << 16;
  private static final int LONGEST_SHORT = 0xFFFE;
  private static final long LONGEST = DatasetParser.UNDEFINED - 1;

  private final OutputStream out;
  private final Encoding encoding;

  ElementWriter(OutputStream out, Encoding encoding) {
    this.out = out;
    this.encoding = encoding;
  }

  void write(Dataset dataset) throws IOException {
    for (Element element : dataset) {
      write(element);
    }
  }

  /** PS3.5 §7.2: group lengths beyond group 0002 are retired and would be wrong; so would Length to End. */
  private static boolean isLeftOut(int tag) {
    return Tag.isGroupLength(tag) && tag >>> 16 > 0x0002 || tag == Tag.LengthToEnd;
  }

  void write(Element element) throws IOException {
    if (isLeftOut(element.tag())) {
      return;
    }
    if (element.isSequence()) {
      writeSequence(element);
    } else if (element.isEncapsulated()) {
      beginFragments(element.tag(), element.vr());
      for (byte[] fragment : element.fragments()) {
        writeFragment(fragment);
      }
      endFragments();
    } else {
      byte[] value = element.bytes();
      VR written = writeHeader(element.tag(), element.vr(), even(value.length));
      writePadded(encoding.isBigEndian() ? swapped(value, written) : value, element.vr().padding());
    }
  }

  private static byte[] swapped(byte[] value, VR vr) {
    if (vr.unit() == 1) {
      return value;
    }
    byte[] copy = value.clone();
    vr.swap(copy, 0, copy.length);
    return copy;
  }

  /** A value of little endian bytes, exactly as many as announced. */
  void writeValue(int tag, VR vr, long length, InputStream value) throws IOException {
    if (length > LONGEST) {
      throw DicomException.at(tag, length + " bytes; an element holds " + LONGEST);
    }
    VR written = writeHeader(tag, vr, even(length));
    copy(tag, length, value, encoding.isBigEndian() ? written : VR.UN);
    if (length % 2 != 0) {
      out.write(vr.padding());
    }
  }

  private void copy(int tag, long length, InputStream value, VR swappedAs) throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, length)];
    for (long left = length; left > 0; left -= piece.length) {
      int count = (int) Math.min(piece.length, left);
      if (value.readNBytes(piece, 0, count) < count) {
        throw new EOFException(Tag.describe(tag) + ": " + length + " bytes were announced, fewer are there");
      }
      swappedAs.swap(piece, 0, count);
      out.write(piece, 0, count);
    }
  }

  private void writeSequence(Element sequence) throws IOException {
    boolean undefined = needsUndefinedLength(sequence);
    writeHeader(sequence.tag(), VR.SQ, undefined ? DatasetParser.UNDEFINED : itemsLength(sequence));
    for (Dataset item : sequence.items()) {
      writeTagAndLength(DatasetParser.ITEM, checkedLength(sequence, length(item)));
      write(item);
    }
    if (undefined) {
      writeTagAndLength(DatasetParser.SEQUENCE_DELIMITER, 0);
    }
  }

  void beginFragments(int tag, VR vr) throws IOException {
    writeHeader(tag, vr, DatasetParser.UNDEFINED);
  }

  void writeFragment(byte[] fragment) throws IOException {
    writeTagAndLength(DatasetParser.ITEM, even(fragment.length));
    writePadded(fragment, (byte) 0);
  }

  void writeFragment(int tag, long length, InputStream fragment) throws IOException {
    if (length > LONGEST) {
      throw DicomException.at(tag, length + " bytes; a fragment holds " + LONGEST);
    }
    writeTagAndLength(DatasetParser.ITEM, even(length));
    copy(tag, length, fragment, VR.UN);
    if (length % 2 != 0) {
      out.write(0);
    }
  }

  void endFragments() throws IOException {
    writeTagAndLength(DatasetParser.SEQUENCE_DELIMITER, 0);
  }

  private void writePadded(byte[] value, byte padding) throws IOException {
    out.write(value);
    if (value.length % 2 != 0) {
      out.write(padding);
    }
  }

  /** Returns the VR that was written. */
  private VR writeHeader(int tag, VR vr, long length) throws IOException {
    if (!encoding.isExplicit()) {
      writeTagAndLength(tag, length);
      return vr;
    }
    VR written = writtenVr(vr, length);
    writeTag(tag);
    out.write(written.name().charAt(0));
    out.write(written.name().charAt(1));
    if (written.hasLongLength()) {
      writeShort(0);
      writeInt(length);
    } else {
      writeShort((int) length);
    }
    return written;
  }

  private static VR writtenVr(VR vr, long length) {
    return vr.hasLongLength() || length <= LONGEST_SHORT ? vr : VR.UN;
  }

  private void writeTagAndLength(int tag, long length) throws IOException {
    writeTag(tag);
    writeInt(length);
  }

  private void writeTag(int tag) throws IOException {
    writeShort(tag >>> 16);
    writeShort(tag);
  }

  private void writeShort(int value) throws IOException {
    out.write(encoding.isBigEndian() ? value >>> 8 : value);
    out.write(encoding.isBigEndian() ? value : value >>> 8);
  }

  private void writeInt(long value) throws IOException {
    int high = (int) (value >>> 16);
    writeShort(encoding.isBigEndian() ? high : (int) value);
    writeShort(encoding.isBigEndian() ? (int) value : high);
  }

  private boolean needsUndefinedLength(Element sequence) {
    return !encoding.isExplicit() && Dictionary.vrOf(sequence.tag()) != VR.SQ;
  }

  private static long even(long length) {
    return length + (length & 1L);
  }

  /** The bytes that {@link #write(Dataset)} writes. */
  long length(Dataset dataset) throws DicomException {
    long length = 0;
    for (Element element : dataset) {
      if (!isLeftOut(element.tag())) {
        length += length(element);
      }
    }
    return length;
  }

  /** Of header and value. */
  private long length(Element element) throws DicomException {
    long value;
    if (element.isSequence()) {
      value = itemsLength(element) + (needsUndefinedLength(element) ? 8 : 0);
    } else if (element.isEncapsulated()) {
      value = element.fragments().stream().mapToLong(fragment -> 8 + even(fragment.length)).sum() + 8;
    } else {
      value = even(element.bytes().length);
    }
    return (encoding.isExplicit() && writtenVr(element.vr(), value).hasLongLength() ? 12 : 8) + value;
  }

  private long itemsLength(Element sequence) throws DicomException {
    long length = 0;
    for (Dataset item : sequence.items()) {
      length += 8 + length(item);
    }
    return checkedLength(sequence, length);
  }

  private static long checkedLength(Element sequence, long length) throws DicomException {
    if (length > LONGEST - 1) {
      throw DicomException.at(sequence.tag(), "the sequence is longer than 4 GiB");
    }
    return length;
  }
}
