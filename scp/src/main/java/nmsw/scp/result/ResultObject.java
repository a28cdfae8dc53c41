package nmsw.scp.result;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.scp.config.ResultKind;
import nmsw.seg.WrittenSegmentation;

/** One DICOM object of a result; it may be larger than the memory. */
public final class ResultObject {
  private final ResultKind kind;
  private final String sopInstanceUid;
  private final Content content;

  /** Writes the object as a DICOM file. */
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private ResultObject(ResultKind kind, String sopInstanceUid, Content content) {
    this.kind = kind;
    this.sopInstanceUid = sopInstanceUid;
    this.content = content;
  }

  /** An object without compression. */
  public static ResultObject of(ResultKind kind, Dataset dataset) throws DicomException {
    return new ResultObject(
        kind,
        dataset.requireString(Tag.SOPInstanceUID),
        out -> DicomWriter.writeFile(out, dataset, TransferSyntax.EXPLICIT_LE));
  }

  /** A Segmentation that has segments. */
  static ResultObject of(WrittenSegmentation segmentation) throws DicomException {
    Dataset attributes = segmentation.attributes().orElseThrow();
    return new ResultObject(
        ResultKind.SEG, attributes.requireString(Tag.SOPInstanceUID), segmentation::writeFile);
  }

  /** An object that was written before. */
  public static ResultObject of(ResultKind kind, String sopInstanceUid, Path file) {
    return new ResultObject(kind, sopInstanceUid, out -> Files.copy(file, out));
  }

  public ResultKind kind() {
    return kind;
  }

  public String sopInstanceUid() {
    return sopInstanceUid;
  }

  /** Writes the object as a DICOM file. The stream is flushed, not closed. */
  public void writeTo(OutputStream out) throws IOException {
    content.writeTo(out);
  }
}
