package nmsw.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.volume.GeometryRefusal.Code;

/**
 * One image of a series, a single-frame object or a frame of an enhanced one: what its header says about its type and
 * place. Its pixels stay in the file.
 *
 * @param frame in the object, from 1
 * @param frames of the object
 * @param objection why it can be no slice of a stack, whatever the others are
 */
record CtImage(
    Path file,
    String sopInstanceUid,
    String sopClassUid,
    int frame,
    int frames,
    String seriesUid,
    String frameOfReferenceUid,
    int instanceNumber,
    String acquisitionNumber,
    String temporalPosition,
    int columns,
    int rows,
    double columnSpacing,
    double rowSpacing,
    Vec3 rowDirection,
    Vec3 columnDirection,
    Vec3 position,
    Optional<Finding> objection) {

  private static final Set<String> SECONDARY_CAPTURE =
      Set.of(
          Uid.SecondaryCaptureImageStorage,
          Uid.MultiFrameSingleBitSecondaryCaptureImageStorage,
          Uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
          Uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
          Uid.MultiFrameTrueColorSecondaryCaptureImageStorage);
  private static final double MAX_COORDINATE_MM = 1e5;
  private static final double MIN_SPACING_MM = 0.01;
  private static final double MAX_SPACING_MM = 20;
  private static final double[] NOTHING = {};

  /**
   * Reads a file up to its pixels.
   *
   * @return its frames in their order; the object alone, with an objection, if it is of another type
   */
  static List<CtImage> read(Path file) throws IOException, GeometryRefusal {
    Dataset object;
    try {
      object = DicomReader.readUntil(file, Tag.PixelData).dataset();
    } catch (DicomException e) {
      if (e.tag().orElse(0) == Tag.TransferSyntaxUID) {
        throw new GeometryRefusal(Code.UNSUPPORTED_TRANSFER_SYNTAX, e.getMessage(), e);
      }
      throw e;
    }
    int frames;
    try {
      frames = FrameHeader.frames(object);
    } catch (DicomException e) {
      String uid = object.string(Tag.SOPInstanceUID).orElse("");
      return List.of(of(file, object, 1, 1, objection(Code.NO_GEOMETRY, uid, e.getMessage())));
    }
    List<CtImage> images = new ArrayList<>(frames);
    for (int frame = 1; frame <= frames; frame++) {
      Dataset header = FrameHeader.of(object, frame);
      String uid = described(header.string(Tag.SOPInstanceUID).orElse(""), frame, frames);
      images.add(
          of(file, header, frame, frames, objectionToType(uid, header).or(() -> objectionToPlace(uid, header))));
    }
    return images;
  }

  private static CtImage of(Path file, Dataset header, int frame, int frames, Optional<Finding> objection) {
    double[] spacing = objection.isPresent() ? NOTHING : header.numbers(Tag.PixelSpacing);
    double[] orientation = objection.isPresent() ? NOTHING : header.numbers(Tag.ImageOrientationPatient);
    double[] position = objection.isPresent() ? NOTHING : header.numbers(Tag.ImagePositionPatient);
    return new CtImage(
        file,
        header.string(Tag.SOPInstanceUID).orElse(""),
        header.string(Tag.SOPClassUID).orElse(""),
        frame,
        frames,
        header.string(Tag.SeriesInstanceUID).orElse(""),
        header.string(Tag.FrameOfReferenceUID).orElse(""),
        header.integer(Tag.InstanceNumber).orElse(0),
        header.string(Tag.AcquisitionNumber).orElse(""),
        header.string(Tag.TemporalPositionIdentifier).orElse(""),
        header.integer(Tag.Columns).orElse(0),
        header.integer(Tag.Rows).orElse(0),
        spacing.length == 2 ? spacing[1] : 0,
        spacing.length == 2 ? spacing[0] : 0,
        vector(orientation, 0),
        vector(orientation, 3),
        vector(position, 0),
        objection);
  }

  Finding finding(Code code, String text) {
    return new Finding(code, described(sopInstanceUid, frame, frames), text);
  }

  /** What messages call it: UID and frame, or the file if there is no UID. */
  String described() {
    return described(sopInstanceUid.isEmpty() ? file.toString() : sopInstanceUid, frame, frames);
  }

  private static String described(String uid, int frame, int frames) {
    return frames == 1 ? uid : uid + " frame " + frame;
  }

  /** By SOP class first: Modality is often wrong, and ImageType says AXIAL of reformats. */
  private static Optional<Finding> objectionToType(String uid, Dataset header) {
    String sopClass = header.string(Tag.SOPClassUID).orElse("");
    if (SECONDARY_CAPTURE.contains(sopClass)) {
      return objection(Code.SECONDARY_CAPTURE, uid, Uid.nameOf(sopClass));
    }
    boolean multiFrame = FrameHeader.isMultiFrame(header);
    if (!sopClass.equals(Uid.CTImageStorage) && !multiFrame) {
      String name = sopClass.isEmpty() ? "without SOP Class UID" : Uid.nameOf(sopClass) + " " + sopClass;
      return objection(Code.NOT_CT, uid, name + "; only CT and enhanced CT images are segmented");
    }
    List<String> imageType = header.strings(Tag.ImageType);
    if (imageType.contains("LOCALIZER") || imageType.contains("SCOUT")) {
      return objection(Code.LOCALIZER, uid, "ImageType " + imageType);
    }
    if (imageType.contains("SCREEN SAVE")) {
      return objection(Code.SECONDARY_CAPTURE, uid, "ImageType " + imageType);
    }
    int samples = header.integer(Tag.SamplesPerPixel).orElse(1);
    String photometric = header.string(Tag.PhotometricInterpretation).orElse("MONOCHROME2");
    if (samples != 1 || !photometric.startsWith("MONOCHROME")) {
      return objection(Code.NOT_MONOCHROME, uid, photometric + " with " + samples + " samples per pixel");
    }
    // PS3.3 §C.8.16.2: values that are meant to be seen in colour are those of a map, such as of perfusion.
    String presentation = header.string(Tag.PixelPresentation).orElse("MONOCHROME");
    if (multiFrame && !presentation.equals("MONOCHROME")) {
      return objection(Code.NOT_MONOCHROME, uid, "Pixel Presentation " + presentation);
    }
    if (!multiFrame && header.integer(Tag.NumberOfFrames).orElse(1) != 1) {
      return objection(Code.NOT_CT, uid, "several frames in a single-frame object");
    }
    return Optional.empty();
  }

  private static Optional<Finding> objectionToPlace(String uid, Dataset header) {
    try {
      double[] spacing = header.requireNumbers(Tag.PixelSpacing, 2);
      double[] orientation = header.requireNumbers(Tag.ImageOrientationPatient, 6);
      double[] position = header.requireNumbers(Tag.ImagePositionPatient, 3);
      int rows = header.requireInt(Tag.Rows);
      int columns = header.requireInt(Tag.Columns);
      if (rows < 1 || columns < 1 || rows > 0xFFFF || columns > 0xFFFF) {
        return objection(Code.NO_GEOMETRY, uid, "a matrix of " + rows + "x" + columns);
      }
      for (double mm : spacing) {
        if (!(mm >= MIN_SPACING_MM && mm <= MAX_SPACING_MM)) {
          return objection(Code.NO_GEOMETRY, uid, "a pixel spacing of " + mm + " mm");
        }
      }
      Vec3 row = vector(orientation, 0);
      Vec3 column = vector(orientation, 3);
      if (!(Math.abs(row.length() - 1) < 0.01
          && Math.abs(column.length() - 1) < 0.01
          && Math.abs(row.dot(column)) < 0.01)) {
        return objection(Code.NO_GEOMETRY, uid, "row " + row + " and column " + column
            + " are not orthonormal");
      }
      if (!(vector(position, 0).length() < MAX_COORDINATE_MM)) {
        return objection(Code.NO_GEOMETRY, uid, "a position of " + vector(position, 0) + " mm");
      }
      return Optional.empty();
    } catch (DicomException e) {
      return objection(Code.NO_GEOMETRY, uid, e.getMessage());
    }
  }

  private static Optional<Finding> objection(Code code, String uid, String text) {
    return Optional.of(new Finding(code, uid, text));
  }

  private static Vec3 vector(double[] values, int from) {
    return values.length < from + 3
        ? Vec3.ZERO
        : new Vec3(values[from], values[from + 1], values[from + 2]);
  }
}
