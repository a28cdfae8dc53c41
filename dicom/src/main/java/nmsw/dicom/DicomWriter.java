package nmsw.dicom;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes DICOM files (PS3.10) and bare data sets in Implicit and Explicit VR Little Endian, Explicit VR Big
 * Endian, Deflated and, with fragments, in the encapsulated syntaxes. {@link DicomFileWriter} does it piece by
 * piece.
 *
 * <p>Sequences and items have defined lengths, except private sequences in Implicit VR, which could not be
 * told from unknown bytes. Odd values are padded. Group lengths, which are retired, are left out, but for
 * that of group 0000, which the caller of {@link #writeDataset} gives. A value too long for its VR's 16-bit
 * length is written as UN (PS3.5 §6.2.2).
 */
public final class DicomWriter {
  private DicomWriter() {}

  /** Writes a file, in place of one that is there; not flushed to the disk, nor renamed into place. */
  public static void writeFile(Path file, Dataset dataset, TransferSyntax ts) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      writeFile(out, dataset, ts);
    }
  }

  /**
   * Writes a file's content: an empty preamble, file meta information made from the data set's SOP Class and
   * SOP Instance UID, and the data set. Elements of groups 0000 and 0002 are left out. The stream is flushed,
   * not closed.
   */
  public static void writeFile(OutputStream out, Dataset dataset, TransferSyntax ts) throws IOException {
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    String sopInstance = dataset.requireString(Tag.SOPInstanceUID);
    requireWritable(dataset, ts);
    try (DicomFileWriter writer = new DicomFileWriter(out, sopClass, sopInstance, ts)) {
      writer.write(dataset);
      writer.finish();
    }
  }

  /** Writes the elements in the transfer syntax; the stream is flushed, not closed. */
  public static void writeDataset(OutputStream out, Dataset dataset, TransferSyntax ts) throws IOException {
    try (DicomFileWriter writer = DicomFileWriter.bare(out, ts)) {
      writer.write(dataset);
      writer.finish();
    }
  }

  /**
   * Writes what stands before the data set in a file: an empty preamble, "DICM" and group 0002. The data
   * set's bytes, in that transfer syntax, may follow as they were received.
   */
  public static void writeFileMeta(OutputStream out, String sopClassUid, String sopInstanceUid,
      TransferSyntax ts)
      throws IOException {
    Dataset meta =
        new Dataset()
            .putBytes(Tag.FileMetaInformationVersion, VR.OB, new byte[] {0, 1})
            .putString(Tag.MediaStorageSOPClassUID, sopClassUid)
            .putString(Tag.MediaStorageSOPInstanceUID, sopInstanceUid)
            .putString(Tag.TransferSyntaxUID, ts.uid())
            .putString(Tag.ImplementationClassUID, Implementation.CLASS_UID)
            .putString(Tag.ImplementationVersionName, Implementation.VERSION_NAME);
    OutputStream buffered = new BufferedOutputStream(out, 1024);
    ElementWriter elements = new ElementWriter(buffered, Encoding.EXPLICIT_LE);
    meta.putNumber(Tag.FileMetaInformationGroupLength, elements.length(meta));
    buffered.write(new byte[128]);
    buffered.write("DICM".getBytes(StandardCharsets.US_ASCII));
    elements.write(meta);
    buffered.flush();
  }

  static void requireWritable(Dataset dataset, TransferSyntax ts) throws DicomException {
    for (Element element : dataset) {
      if (element.isEncapsulated() && !ts.encapsulated()) {
        throw DicomException.at(element.tag(), "encapsulated, which transfer syntax " + ts + " cannot carry");
      }
      for (Dataset item : element.items()) {
        requireWritable(item, ts);
      }
    }
  }
}
