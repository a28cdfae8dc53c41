package nmsw.dicom;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes DICOM files (PS3.10) and bare data sets in Implicit and Explicit VR Little Endian and, with fragments, in the
 * encapsulated syntaxes.
 *
 * <p>Sequences and items have defined lengths, except private sequences in Implicit VR, which could not be told from
 * unknown bytes. Odd values are padded. Group lengths, which are retired, are left out, but for that of group 0000,
 * which the caller of {@link #writeDataset} gives. A value too long for its VR's 16-bit length is written as UN (PS3.5
 * §6.2.2).
 */
public final class DicomWriter {
  private static final int BUFFER = 1 << 16;
  private static final int LONGEST_SHORT = 0xFFFE;
  private static final long UNDEFINED = DatasetParser.UNDEFINED;

  private final OutputStream out;
  private final boolean explicit;

  private DicomWriter(OutputStream out, boolean explicit) {
    this.out = out;
    this.explicit = explicit;
  }

  /** Writes a file, in place of one that is there; not flushed to the disk, nor renamed into place. */
  public static void writeFile(Path file, Dataset dataset, TransferSyntax ts) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      writeFile(out, dataset, ts);
    }
  }

  /**
   * Writes a file's content: an empty preamble, file meta information made from the data set's SOP Class and SOP
   * Instance UID, and the data set. Elements of groups 0000 and 0002 are left out. The stream is flushed, not closed.
   */
  public static void writeFile(OutputStream out, Dataset dataset, TransferSyntax ts) throws IOException {
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    String sopInstance = dataset.requireString(Tag.SOPInstanceUID);
    requireWritable(dataset, ts);
    OutputStream buffered = new BufferedOutputStream(out, BUFFER);
    writeFileMeta(buffered, sopClass, sopInstance, ts);
    DicomWriter writer = new DicomWriter(buffered, ts.explicitVr());
    for (Element element : dataset) {
      if (element.tag() >>> 16 > 0x0002) {
        writer.write(element);
      }
    }
    buffered.flush();
  }

  /** Writes the elements in the transfer syntax; the stream is flushed, not closed. */
  public static void writeDataset(OutputStream out, Dataset dataset, TransferSyntax ts) throws IOException {
    requireWritable(dataset, ts);
    OutputStream buffered = new BufferedOutputStream(out, BUFFER);
    new DicomWriter(buffered, ts.explicitVr()).write(dataset);
    buffered.flush();
  }

  /**
   * Writes what stands before the data set in a file: an empty preamble, "DICM" and group 0002. The data set's bytes, in
   * that transfer syntax, may follow as they were received.
   */
  public static void writeFileMeta(OutputStream out, String sopClassUid, String sopInstanceUid, TransferSyntax ts)
      throws IOException {
    Dataset meta =
        new Dataset()
            .putBytes(Tag.FileMetaInformationVersion, VR.OB, new byte[] {0, 1})
            .putString(Tag.MediaStorageSOPClassUID, sopClassUid)
            .putString(Tag.MediaStorageSOPInstanceUID, sopInstanceUid)
            .putString(Tag.TransferSyntaxUID, ts.uid())
            .putString(Tag.ImplementationClassUID, Implementation.CLASS_UID)
            .putString(Tag.ImplementationVersionName, Implementation.VERSION_NAME);
    DicomWriter measure = new DicomWriter(OutputStream.nullOutputStream(), true);
    meta.putNumber(Tag.FileMetaInformationGroupLength, measure.length(meta));
    out.write(new byte[128]);
    out.write("DICM".getBytes(StandardCharsets.US_ASCII));
    OutputStream buffered = new BufferedOutputStream(out, 1024);
    new DicomWriter(buffered, true).write(meta);
    buffered.flush();
  }

  private static void requireWritable(Dataset dataset, TransferSyntax ts) throws DicomException {
    if (ts.bigEndian() || ts.deflated()) {
      throw new DicomException("transfer syntax " + ts + " cannot be written");
    }
    for (Element element : dataset) {
      if (element.isEncapsulated() && !ts.encapsulated()) {
        throw DicomException.at(element.tag(), "encapsulated, which transfer syntax " + ts + " cannot carry");
      }
    }
  }

  private void write(Dataset dataset) throws IOException {
    for (Element element : dataset) {
      write(element);
    }
  }

  /** PS3.5 §7.2: group lengths beyond group 0002 are retired and would be wrong; so would Length to End. */
  private static boolean isLeftOut(int tag) {
    return Tag.isGroupLength(tag) && tag >>> 16 > 0x0002 || tag == Tag.LengthToEnd;
  }

  private void write(Element element) throws IOException {
    if (isLeftOut(element.tag())) {
      return;
    }
    if (element.isSequence()) {
      writeSequence(element);
    } else if (element.isEncapsulated()) {
      writeFragments(element);
    } else {
      byte[] value = element.bytes();
      writeHeader(element.tag(), element.vr(), even(value.length));
      writePadded(value, element.vr().padding());
    }
  }

  private void writeSequence(Element sequence) throws IOException {
    boolean undefined = needsUndefinedLength(sequence);
    writeHeader(sequence.tag(), VR.SQ, undefined ? UNDEFINED : itemsLength(sequence));
    for (Dataset item : sequence.items()) {
      writeTagAndLength(DatasetParser.ITEM, checkedLength(sequence, length(item)));
      write(item);
    }
    if (undefined) {
      writeTagAndLength(DatasetParser.SEQUENCE_DELIMITER, 0);
    }
  }

  private void writeFragments(Element pixels) throws IOException {
    writeHeader(pixels.tag(), pixels.vr(), UNDEFINED);
    for (byte[] fragment : pixels.fragments()) {
      writeTagAndLength(DatasetParser.ITEM, even(fragment.length));
      writePadded(fragment, (byte) 0);
    }
    writeTagAndLength(DatasetParser.SEQUENCE_DELIMITER, 0);
  }

  private void writePadded(byte[] value, byte padding) throws IOException {
    out.write(value);
    if (value.length % 2 != 0) {
      out.write(padding);
    }
  }

  private void writeHeader(int tag, VR vr, long length) throws IOException {
    if (!explicit) {
      writeTagAndLength(tag, length);
      return;
    }
    VR written = writtenVr(vr, length);
    writeShort(tag >>> 16);
    writeShort(tag);
    writeShort(written.name().charAt(0) | written.name().charAt(1) << 8);
    if (written.hasLongLength()) {
      writeShort(0);
      writeInt(length);
    } else {
      writeShort((int) length);
    }
  }

  private static VR writtenVr(VR vr, long length) {
    return vr.hasLongLength() || length <= LONGEST_SHORT ? vr : VR.UN;
  }

  private void writeTagAndLength(int tag, long length) throws IOException {
    writeShort(tag >>> 16);
    writeShort(tag);
    writeInt(length);
  }

  private void writeShort(int value) throws IOException {
    out.write(value);
    out.write(value >>> 8);
  }

  private void writeInt(long value) throws IOException {
    writeShort((int) value);
    writeShort((int) (value >>> 16));
  }

  private boolean needsUndefinedLength(Element sequence) {
    return !explicit && Dictionary.vrOf(sequence.tag()) != VR.SQ;
  }

  private static long even(int length) {
    return length + (length & 1L);
  }

  private long length(Dataset dataset) throws DicomException {
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
      throw DicomException.at(element.tag(), "encapsulated pixel data inside a sequence cannot be written");
    } else {
      value = even(element.bytes().length);
    }
    return (explicit && writtenVr(element.vr(), value).hasLongLength() ? 12 : 8) + value;
  }

  private long itemsLength(Element sequence) throws DicomException {
    long length = 0;
    for (Dataset item : sequence.items()) {
      length += 8 + length(item);
    }
    return checkedLength(sequence, length);
  }

  private static long checkedLength(Element sequence, long length) throws DicomException {
    if (length >= UNDEFINED - 1) {
      throw DicomException.at(sequence.tag(), "the sequence is longer than 4 GiB");
    }
    return length;
  }
}
