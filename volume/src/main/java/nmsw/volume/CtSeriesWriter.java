package nmsw.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/**
 * Writes images as a CT series: CT Image Storage (PS3.3 §A.3), Explicit VR Little Endian, 12 unsigned bits, rescaled by
 * -1024. All UIDs are derived from subject, seed and geometry, so the same call gives the same bytes.
 */
public final class CtSeriesWriter {
  private static final int INTERCEPT = -1024;
  private static final int MAX_STORED = 4095;
  private static final String DATE = "20260102";
  private static final String TIME = "090000";

  private final Subject subject;
  private final SliceStack stack;
  private final long seed;
  private final IntFunction<short[]> hounsfield;

  /**
   * Whom or what the images show.
   *
   * @param name enters every UID
   * @param patientName the patient's ID is this too, with - in place of ^
   * @param study its description
   * @param series its description
   * @param model of the device
   * @param bodyPart Body Part Examined
   */
  public record Subject(
      String name, String patientName, String study, String series, String model, String bodyPart) {}

  /**
   * @param hounsfield pixels of slice k of the stack, row by row; called by several threads
   */
  public CtSeriesWriter(Subject subject, SliceStack stack, long seed, IntFunction<short[]> hounsfield) {
    this.subject = subject;
    this.stack = identified(subject, stack, seed);
    this.seed = seed;
    this.hounsfield = hounsfield;
  }

  /**
   * The stack of a grid whose planes of constant k are its slices.
   *
   * @throws IllegalArgumentException if planes don't ascend along their normal, so that this would be a mirror image
   */
  public static SliceStack stack(Grid grid) {
    Vec3 x = grid.stepX();
    Vec3 y = grid.stepY();
    if (x.cross(y).dot(grid.stepZ()) <= 0) {
      throw new IllegalArgumentException("the grid's planes descend along their normal");
    }
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < grid.nz(); k++) {
      slices.add(new SliceStack.Slice("", "", 1, k + 1, grid.origin().plus(grid.stepZ().times(k))));
    }
    return new SliceStack(
        grid.nx(), grid.ny(), x.length(), y.length(), x.times(1 / x.length()), y.times(1 / y.length()), slices);
  }

  /** The stack with the SOP Instance UIDs that {@link #write} gives to its slices. */
  public static SliceStack identified(Subject subject, SliceStack stack, long seed) {
    String series = seriesUid(subject, stack, seed);
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (SliceStack.Slice s : stack.slices()) {
      String uid = Uid.derived(subject.name() + " instance", series, String.valueOf(s.position()));
      slices.add(new SliceStack.Slice(uid, Uid.CTImageStorage, 1, s.instanceNumber(), s.position()));
    }
    return new SliceStack(
        stack.columns(), stack.rows(), stack.columnSpacing(), stack.rowSpacing(), stack.rowDirection(),
        stack.columnDirection(), slices);
  }

  private static String seriesUid(Subject subject, SliceStack s, long seed) {
    return Uid.derived(subject.name() + " series", Long.toString(seed),
        s.columns() + " " + s.rows() + " " + s.columnSpacing() + " " + s.rowSpacing(),
        s.rowDirection() + " " + s.columnDirection(),
        s.size() + " " + s.slices().get(0).position() + " " + s.slices().get(s.size() - 1).position());
  }

  /** The series' UID. */
  public String seriesUid() {
    return seriesUid(subject, stack, seed);
  }

  /** Writes {@code IMG00001.dcm} and so on into a directory, made if need be, in the order of the stack. */
  public List<Path> write(Path directory) throws IOException {
    Files.createDirectories(directory);
    List<Path> files = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      files.add(directory.resolve(String.format(Locale.ROOT, "IMG%05d.dcm", k + 1)));
    }
    try {
      IntStream.range(0, stack.size()).parallel().forEach(k -> {
        try {
          DicomWriter.writeFile(files.get(k), image(k), TransferSyntax.EXPLICIT_LE);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return files;
  }

  /** The image of slice k of the stack, to be written or changed. */
  public Dataset image(int k) {
    SliceStack.Slice slice = stack.slices().get(k);
    Vec3 across = stack.rowDirection();
    Vec3 down = stack.columnDirection();
    Vec3 at = slice.position();
    boolean axial = Math.abs(stack.normal().z()) > 0.7;
    Dataset ds = new Dataset();
    ds.putString(Tag.SpecificCharacterSet, "ISO_IR 100");
    ds.putString(Tag.ImageType, axial ? "ORIGINAL" : "DERIVED", axial ? "PRIMARY" : "SECONDARY",
        axial ? "AXIAL" : "REFORMATTED");
    ds.putString(Tag.SOPClassUID, Uid.CTImageStorage);
    ds.putString(Tag.SOPInstanceUID, slice.sopInstanceUid());
    identify(ds);
    ds.putString(Tag.StudyInstanceUID, Uid.derived(subject.name() + " study", Long.toString(seed)));
    ds.putString(Tag.SeriesInstanceUID, seriesUid());
    ds.putString(Tag.FrameOfReferenceUID, Uid.derived(subject.name() + " frame of reference", Long.toString(seed)));
    ds.putEmpty(Tag.PositionReferenceIndicator);
    ds.putInt(Tag.SeriesNumber, 2);
    ds.putInt(Tag.AcquisitionNumber, 1);
    ds.putInt(Tag.InstanceNumber, slice.instanceNumber());
    ds.putString(Tag.PatientPosition, "HFS");
    ds.putNumber(Tag.ImagePositionPatient, at.x(), at.y(), at.z());
    ds.putNumber(Tag.ImageOrientationPatient, across.x(), across.y(), across.z(), down.x(), down.y(), down.z());
    ds.putNumber(Tag.PixelSpacing, stack.rowSpacing(), stack.columnSpacing());
    ds.putNumber(Tag.SliceThickness, thickness());
    ds.putNumber(Tag.KVP, 120);
    ds.putString(Tag.ConvolutionKernel, "SOFT");
    ds.putInt(Tag.SamplesPerPixel, 1);
    ds.putString(Tag.PhotometricInterpretation, "MONOCHROME2");
    ds.putInt(Tag.Rows, stack.rows());
    ds.putInt(Tag.Columns, stack.columns());
    ds.putInt(Tag.BitsAllocated, 16);
    ds.putInt(Tag.BitsStored, 12);
    ds.putInt(Tag.HighBit, 11);
    ds.putInt(Tag.PixelRepresentation, 0);
    ds.putNumber(Tag.RescaleIntercept, INTERCEPT);
    ds.putNumber(Tag.RescaleSlope, 1);
    ds.putString(Tag.RescaleType, "HU");
    ds.putNumber(Tag.WindowCenter, 40);
    ds.putNumber(Tag.WindowWidth, 400);
    ds.putBytes(Tag.PixelData, VR.OW, stored(hounsfield.apply(k)));
    return ds;
  }

  private void identify(Dataset ds) {
    ds.putString(Tag.PatientName, subject.patientName());
    ds.putString(Tag.PatientID, subject.patientName().replace('^', '-'));
    ds.putEmpty(Tag.PatientBirthDate);
    ds.putString(Tag.PatientSex, "O");
    ds.putString(Tag.StudyDate, DATE);
    ds.putString(Tag.SeriesDate, DATE);
    ds.putString(Tag.AcquisitionDate, DATE);
    ds.putString(Tag.ContentDate, DATE);
    ds.putString(Tag.StudyTime, TIME);
    ds.putString(Tag.SeriesTime, TIME);
    ds.putString(Tag.AcquisitionTime, TIME);
    ds.putString(Tag.ContentTime, TIME);
    ds.putEmpty(Tag.AccessionNumber);
    ds.putEmpty(Tag.ReferringPhysicianName);
    ds.putString(Tag.StudyID, "1");
    ds.putString(Tag.StudyDescription, subject.study());
    ds.putString(Tag.SeriesDescription, subject.series());
    ds.putString(Tag.Modality, "CT");
    ds.putString(Tag.Manufacturer, "NMSW");
    ds.putString(Tag.ManufacturerModelName, subject.model());
    ds.putString(Tag.DeviceSerialNumber, "1");
    ds.putString(Tag.SoftwareVersions, "1");
    ds.putString(Tag.BodyPartExamined, subject.bodyPart());
  }

  private double thickness() {
    int n = stack.size();
    return n > 1 ? (stack.distance(n - 1) - stack.distance(0)) / (n - 1) : 1;
  }

  private static byte[] stored(short[] hounsfield) {
    byte[] out = new byte[2 * hounsfield.length];
    for (int n = 0; n < hounsfield.length; n++) {
      int v = Math.max(0, Math.min(MAX_STORED, hounsfield[n] - INTERCEPT));
      out[2 * n] = (byte) v;
      out[2 * n + 1] = (byte) (v >> 8);
    }
    return out;
  }
}
