package nmsw.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads DICOM files (PS3.10) and bare data sets in Implicit and Explicit VR Little Endian, encapsulated pixel data as
 * untouched fragments.
 *
 * <p>Read as they are: odd lengths, a wrong group length in the file meta information, implicit elements in an explicit
 * data set, zeros behind the last element, a missing preamble or file meta information where the first element makes
 * the transfer syntax plain. Refused with a {@link DicomException} that names tag and offset: truncated data, the same
 * element twice with different values, anything beyond {@link ParseLimits}. The preamble and group lengths are dropped.
 * An element with VR UN gets the dictionary's VR back.
 */
public final class DicomReader {
  private static final int PREAMBLE = 128;
  private static final int LONGEST_FIRST_VALUE = 1 << 16;

  private DicomReader() {}

  /** Reads a file with the default limits. */
  public static DicomFile read(Path file) throws IOException {
    return readUntil(file, 0);
  }

  /** Reads a file with the default limits up to the first tag from {@code stopTag} on, which is not read. */
  public static DicomFile readUntil(Path file, int stopTag) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(new Source(in, Files.size(file)), ParseLimits.defaults(), stopTag);
    } catch (DicomException e) {
      throw e.in(file.toString());
    }
  }

  /** Reads a file's content to the stream's end; does not close the stream. */
  public static DicomFile read(InputStream in, ParseLimits limits) throws IOException {
    return read(new Source(in, -1), limits, 0);
  }

  /** Reads a data set to the stream's end; does not close the stream. */
  public static Dataset readDataset(InputStream in, TransferSyntax ts, ParseLimits limits) throws IOException {
    requireReadable(ts);
    Dataset dataset = new Dataset();
    new DatasetParser(new Source(in, -1), limits).parse(dataset, ts.explicitVr(), 0);
    return dataset;
  }

  private static DicomFile read(Source source, ParseLimits limits, int stopTag) throws IOException {
    if (source.atEnd()) {
      throw new DicomException("not a DICOM file: it is empty");
    }
    if (source.ensure(PREAMBLE + 4) == PREAMBLE + 4 && isMagic(source, PREAMBLE)) {
      source.skip(PREAMBLE + 4);
    } else if (source.ensure(4) == 4 && isMagic(source, 0)) {
      source.skip(4);
    }
    DatasetParser parser = new DatasetParser(source, limits);
    Dataset meta = new Dataset();
    parser.parseMeta(meta);
    TransferSyntax ts =
        meta.contains(Tag.TransferSyntaxUID)
            ? TransferSyntax.of(meta.requireString(Tag.TransferSyntaxUID))
            : sniff(source);
    requireReadable(ts);
    Dataset dataset = new Dataset();
    parser.parse(dataset, ts.explicitVr(), stopTag);
    return new DicomFile(meta, dataset, ts);
  }

  private static boolean isMagic(Source source, int ahead) {
    return source.peek(ahead) == 'D'
        && source.peek(ahead + 1) == 'I'
        && source.peek(ahead + 2) == 'C'
        && source.peek(ahead + 3) == 'M';
  }

  /** The transfer syntax where none is told: plain only if a known element of group 0008 stands first. */
  private static TransferSyntax sniff(Source source) throws IOException {
    if (source.ensure(8) == 8 && source.peekShort(0) == 0x0008) {
      int tag = source.peekTag(0);
      VR vr = Dictionary.vrOf(tag);
      if (VR.ofCode(source.peek(4) << 8 | source.peek(5)) == vr && vr != VR.UN) {
        return TransferSyntax.EXPLICIT_LE;
      }
      long length = source.peekLength(4);
      if (vr != VR.UN && length % 2 == 0 && length < Math.min(LONGEST_FIRST_VALUE, source.end())) {
        return TransferSyntax.IMPLICIT_LE;
      }
    }
    throw new DicomException(
        "not a DICOM file, or one that doesn't tell its transfer syntax: no \"DICM\" at byte 128 or no (0002,0010),"
            + " and no element of group 0008 in Little Endian first");
  }

  private static void requireReadable(TransferSyntax ts) throws DicomException {
    if (ts.bigEndian() || ts.deflated()) {
      throw new DicomException(
          "transfer syntax " + ts + " is not supported; send the object in Explicit or Implicit VR Little Endian");
    }
  }
}
