package nmsw.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads DICOM files (PS3.10) and bare data sets in Implicit and Explicit VR Little Endian, Explicit VR Big
 * Endian, Deflated, and in the encapsulated syntaxes with pixel data as untouched fragments. Values are little
 * endian bytes whatever the file has.
 *
 * <p>Read as they are: odd lengths, a wrong group length in the file meta information, implicit elements in
 * an explicit data set, zeros behind the last element, a missing preamble or file meta information where the
 * first element makes the transfer syntax plain. Refused with a {@link DicomException} that names tag and
 * offset (in a deflated data set, that in the inflated one): truncated data, the same element twice with
 * different values, anything beyond {@link ParseLimits}. The preamble and group lengths are dropped. An
 * element with VR UN gets the dictionary's VR back.
 */
public final class DicomReader {
  private static final int PREAMBLE = 128;
  private static final int LONGEST_FIRST_VALUE = 1 << 16;

  private DicomReader() {}

  /** Reads a file with the default limits. */
  public static DicomFile read(Path file) throws IOException {
    return read(file, ParseLimits.defaults(), 0, null);
  }

  /** Reads a file with the default limits up to the first tag from {@code stopTag} on, which is not read. */
  public static DicomFile readUntil(Path file, int stopTag) throws IOException {
    return read(file, ParseLimits.defaults(), stopTag, null);
  }

  /** Reads a file, and hands its pixel data over instead of keeping them. */
  public static DicomFile read(Path file, ParseLimits limits, PixelDataHandler pixels) throws IOException {
    return read(file, limits, 0, pixels);
  }

  /** Reads a file's content to the stream's end; does not close the stream. */
  public static DicomFile read(InputStream in, ParseLimits limits) throws IOException {
    return read(new Source(in, -1), limits, 0, null);
  }

  /**
   * Reads a file's content to the stream's end, and hands its pixel data over instead of keeping them; does not
   * close the stream.
   */
  public static DicomFile read(InputStream in, ParseLimits limits, PixelDataHandler pixels) throws IOException {
    return read(new Source(in, -1), limits, 0, pixels);
  }

  /** Reads a data set to the stream's end; does not close the stream. */
  public static Dataset readDataset(InputStream in, TransferSyntax ts, ParseLimits limits)
      throws IOException {
    return body(new Source(in, -1), ts, limits, 0, null);
  }

  private static DicomFile read(Path file, ParseLimits limits, int stopTag, PixelDataHandler pixels)
      throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(new Source(in, Files.size(file)), limits, stopTag, pixels);
    } catch (DicomException e) {
      throw e.in(file.toString());
    }
  }

  private static DicomFile read(Source source, ParseLimits limits, int stopTag, PixelDataHandler pixels)
      throws IOException {
    if (source.atEnd()) {
      throw new DicomException("not a DICOM file: it is empty");
    }
    if (hasPreamble(source)) {
      source.skip(PREAMBLE + 4);
    } else if (source.ensure(4) == 4 && isMagic(source, 0)) {
      source.skip(4);
    }
    Dataset meta = new Dataset();
    new DatasetParser(source, limits, null).parseMeta(meta);
    TransferSyntax ts =
        meta.contains(Tag.TransferSyntaxUID)
            ? TransferSyntax.of(meta.requireString(Tag.TransferSyntaxUID))
            : sniffed(source);
    return new DicomFile(meta, body(source, ts, limits, stopTag, pixels), ts);
  }

  private static Dataset body(
      Source source, TransferSyntax ts, ParseLimits limits, int stopTag, PixelDataHandler pixels)
      throws IOException {
    Dataset dataset = new Dataset();
    if (ts.deflated()) {
      try (InflatedStream inflated = new InflatedStream(source.rest(), limits)) {
        new DatasetParser(new Source(inflated, -1), limits, pixels, inflated::announceImage).parse(dataset, Encoding.of(ts), stopTag);
      }
    } else {
      new DatasetParser(source, limits, pixels).parse(dataset, Encoding.of(ts), stopTag);
    }
    return dataset;
  }

  private static boolean isMagic(Source source, int ahead) {
    return source.peek(ahead) == 'D'
        && source.peek(ahead + 1) == 'I'
        && source.peek(ahead + 2) == 'C'
        && source.peek(ahead + 3) == 'M';
  }

  /** "DICM" in its place counts unless a file without preamble happens to have it there. */
  private static boolean hasPreamble(Source source) throws IOException {
    if (source.ensure(PREAMBLE + 6) < PREAMBLE + 4 || !isMagic(source, PREAMBLE)) {
      return false;
    }
    int next = PREAMBLE + 4;
    boolean metaFollows = source.ensure(next + 2) == next + 2 && source.peekShort(next) == 0x0002;
    return metaFollows || sniff(source) == null;
  }

  private static TransferSyntax sniffed(Source source) throws IOException {
    TransferSyntax ts = sniff(source);
    if (ts == null) {
      throw new DicomException(
          "not a DICOM file, or one that doesn't tell its transfer syntax: no \"DICM\" at byte 128 or"
              + " no (0002,0010), and no known element of group 0008 first");
    }
    return ts;
  }

  /** The transfer syntax if it is plain, else null: a known element of group 0008 must stand first. */
  private static TransferSyntax sniff(Source source) throws IOException {
    if (source.ensure(8) < 8) {
      return null;
    }
    int written = source.peek(4) << 8 | source.peek(5);
    if (source.peekShort(0) == 0x0800) {
      int tag = 0x00080000 | source.peek(2) << 8 | source.peek(3);
      boolean plain = Dictionary.lookup(tag) != null && VR.ofCode(written) == Dictionary.vrOf(tag);
      return plain ? TransferSyntax.EXPLICIT_BE : null;
    }
    VR vr = Dictionary.vrOf(source.peekTag(0));
    if (source.peekShort(0) != 0x0008 || vr == VR.UN) {
      return null;
    }
    if (VR.ofCode(written) == vr) {
      return TransferSyntax.EXPLICIT_LE;
    }
    long length = source.peekLength(4);
    boolean plausible = length % 2 == 0 && length < Math.min(LONGEST_FIRST_VALUE, source.end());
    return plausible ? TransferSyntax.IMPLICIT_LE : null;
  }
}
