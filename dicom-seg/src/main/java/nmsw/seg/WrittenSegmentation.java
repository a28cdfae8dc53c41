package nmsw.seg;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomFileWriter;
import nmsw.dicom.Tag;
import nmsw.volume.LabelClass;

/**
 * What became of a label map. There is no object if no class has a single voxel, because one without segments
 * cannot exist (PS3.3 §C.8.20.2: Segment Sequence has one or more items): the caller says so in words instead.
 *
 * <p>Pixels are made when they are written, one frame at a time, from the labels that were given: those must not
 * change before. Used by one thread.
 */
public final class WrittenSegmentation {
  private final Optional<Dataset> attributes;
  private final FramePixelData pixels;
  private final SegmentationFormat format;
  private final List<LabelClass> segments;
  private final List<LabelClass> absent;

  WrittenSegmentation(
      Optional<Dataset> attributes,
      FramePixelData pixels,
      SegmentationFormat format,
      List<LabelClass> segments,
      List<LabelClass> absent) {
    this.attributes = attributes;
    this.pixels = pixels;
    this.format = format;
    this.segments = List.copyOf(segments);
    this.absent = List.copyOf(absent);
  }

  /** Class of segment number {@code i + 1}. */
  public List<LabelClass> segments() {
    return segments;
  }

  /** Classes of the table without a voxel, left out of the object. */
  public List<LabelClass> absent() {
    return absent;
  }

  public SegmentationFormat format() {
    return format;
  }

  /** All but the Pixel Data; not a copy. Empty if there is no object. */
  public Optional<Dataset> attributes() {
    return attributes;
  }

  /**
   * The whole object in memory, to be encoded in the format's transfer syntax; empty if there is none. A large
   * one is better written to a file.
   *
   * @throws IllegalArgumentException if its pixel data are more than an array holds
   */
  public Optional<Dataset> dataset() {
    return attributes.map(
        a ->
            new Dataset()
                .putAll(a)
                .put(format.transferSyntax().encapsulated() ? pixels.rleElement() : pixels.nativeElement()));
  }

  /**
   * Writes the object as a DICOM file in the format's transfer syntax. The stream is flushed, not closed.
   *
   * @throws java.util.NoSuchElementException if there is no object
   */
  public void writeFile(OutputStream out) throws IOException {
    Dataset object = attributes.orElseThrow();
    try (DicomFileWriter writer =
        new DicomFileWriter(
            out,
            object.requireString(Tag.SOPClassUID),
            object.requireString(Tag.SOPInstanceUID),
            format.transferSyntax())) {
      writer.write(object);
      if (format.transferSyntax().encapsulated()) {
        pixels.writeRle(writer);
      } else {
        pixels.writeNative(writer);
      }
      writer.finish();
    }
  }
}
