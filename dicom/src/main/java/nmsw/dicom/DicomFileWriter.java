package nmsw.dicom;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Writes one DICOM file (PS3.10) piece by piece, so that a large value need never be held: elements in the
 * order of their tags, pixel data from a stream or fragment by fragment, then {@link #finish()}. Values are
 * little endian bytes whatever the transfer syntax. The form is that of {@link DicomWriter}.
 */
public final class DicomFileWriter implements Closeable {
  private static final int BUFFER = 1 << 16;

  private final OutputStream file;
  private final DeflatedOutput deflated;
  private final ElementWriter elements;
  private final TransferSyntax ts;
  private int lastTag = 0x0002FFFF;
  private boolean inFragments;

  /** Writes the file meta information; the stream is never closed. */
  public DicomFileWriter(OutputStream out, String sopClassUid, String sopInstanceUid, TransferSyntax ts)
      throws IOException {
    this(new BufferedOutputStream(out, BUFFER), ts);
    DicomWriter.writeFileMeta(file, sopClassUid, sopInstanceUid, ts);
  }

  private DicomFileWriter(BufferedOutputStream out, TransferSyntax ts) {
    this.file = out;
    this.ts = ts;
    deflated = ts.deflated() ? new DeflatedOutput(out) : null;
    elements = new ElementWriter(deflated == null ? out : deflated, Encoding.of(ts));
  }

  /** For a data set that no file meta information precedes; it may have groups 0000 and 0002. */
  static DicomFileWriter bare(OutputStream out, TransferSyntax ts) {
    DicomFileWriter writer = new DicomFileWriter(new BufferedOutputStream(out, BUFFER), ts);
    writer.lastTag = -1;
    return writer;
  }

  /**
   * Writes the elements, all of which must come after what was written before; those of groups 0000 and 0002
   * are left out.
   */
  public void write(Dataset dataset) throws IOException {
    DicomWriter.requireWritable(dataset, ts);
    boolean bare = lastTag == -1;
    for (Element element : dataset) {
      if (bare || element.tag() >>> 16 > 0x0002) {
        advanceTo(element.tag());
        elements.write(element);
      }
    }
  }

  /**
   * Writes an element whose value comes from a stream, which must have that many bytes; no more are taken.
   *
   * @throws java.io.EOFException if it has fewer: the file is then useless
   */
  public void writeValue(int tag, VR vr, long length, InputStream value) throws IOException {
    if (vr == VR.SQ) {
      throw new IllegalArgumentException(Tag.describe(tag) + ": a sequence has items, not bytes");
    }
    advanceTo(tag);
    elements.writeValue(tag, vr, length, value);
  }

  /** Starts encapsulated pixel data (PS3.5 §A.4); the first fragment is the Basic Offset Table. */
  public void beginFragments(int tag, VR vr) throws IOException {
    if (!ts.encapsulated()) {
      throw DicomException.at(tag, "encapsulated, which transfer syntax " + ts + " cannot carry");
    }
    advanceTo(tag);
    elements.beginFragments(tag, vr);
    inFragments = true;
  }

  public void writeFragment(byte[] fragment) throws IOException {
    requireFragments(true);
    elements.writeFragment(fragment);
  }

  /** Writes a fragment that comes from a stream, which must have that many bytes; no more are taken. */
  public void writeFragment(long length, InputStream fragment) throws IOException {
    requireFragments(true);
    elements.writeFragment(lastTag, length, fragment);
  }

  public void endFragments() throws IOException {
    requireFragments(true);
    elements.endFragments();
    inFragments = false;
  }

  private void requireFragments(boolean wanted) {
    if (inFragments != wanted) {
      throw new IllegalStateException(wanted ? "no fragments were begun" : "the fragments were not ended");
    }
  }

  private void advanceTo(int tag) {
    requireFragments(false);
    if (lastTag != -1 && Integer.compareUnsigned(tag, lastTag) <= 0) {
      throw new IllegalStateException(Tag.describe(tag) + " cannot follow " + Tag.describe(lastTag));
    }
    lastTag = tag;
  }

  /** Ends the file; the stream is flushed. What was not finished is no complete file. */
  public void finish() throws IOException {
    requireFragments(false);
    if (deflated != null) {
      deflated.finish();
    }
    file.flush();
  }

  /** Frees what was held; does not finish, nor close the stream. */
  @Override
  public void close() {
    if (deflated != null) {
      deflated.close();
    }
  }
}
