package nmsw.seg;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import nmsw.volume.WideSliceLabels;

/**
 * A CT series of any geometry with the attributes of a real one, and a label table.
 *
 * @param orientation ImageOrientationPatient as text
 */
record CtFixture(
    int rows, int columns, int slices, String rowSpacing, String columnSpacing, String[] orientation) {
  static final String[] AXIAL = {"1.000000", "0.000000", "0.000000", "0.000000", "1.000000", "0.000000"};
  static final String[] AXIAL_PRONE_FEET_FIRST = {"-1", "0", "0", "0", "1", "-0"};
  static final String[] SAGITTAL = {"0", "1", "0", "0", "0", "-1"};

  /** A gantry tilted by 18.5 degrees: slices follow each other along the table, not along their normal. */
  static final String[] TILTED = {"1", "0", "0", "0", "0.948324", "-0.317305"};

  static final AlgorithmIdentification ALGORITHM =
      new AlgorithmIdentification("NMSW-Net abdomen", "3", "k=8; device=cpu; precision=float32");
  static final Equipment EQUIPMENT = new Equipment("NMSW", "NMSW Node", "node-1", "0.1.0");
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-01T22:30:15Z"), ZoneOffset.UTC);
  static final String SERIES = Uid.derived("fixture", "series");

  private static final Code ANATOMY = new Code("SCT", "123037004", "Anatomical Structure");
  private static final Code RIGHT = new Code("SCT", "24028007", "Right");

  static final LabelTable TABLE =
      new LabelTable(
          List.of(
              organ(1, "spleen", new Code("SCT", "78961009", "Spleen"), Optional.empty(), 0x32AA3C),
              organ(2, "kidney_right", new Code("SCT", "64033007", "Kidney"), Optional.of(RIGHT), 0x226688),
              new LabelClass(
                  7,
                  "rib_right_1",
                  "rib right 1",
                  ANATOMY,
                  new Code("SCT", "113197003", "Rib"),
                  Optional.of(RIGHT),
                  Optional.of(new Code("SCT", "51185008", "Thorax")),
                  Optional.of(RIGHT),
                  0xFF0000),
              organ(200, "liver", new Code("SCT", "10200004", "Liver"), Optional.empty(), 0x28A028)));

  static CtFixture axial(int rows, int columns, int slices) {
    return new CtFixture(rows, columns, slices, "0.810547", "0.810547", AXIAL);
  }

  /** More classes than a byte has numbers for; labels have gaps. */
  static LabelTable manyClasses(int classes) {
    return new LabelTable(
        IntStream.rangeClosed(1, classes)
            .mapToObj(i -> organ(3 * i, "part_" + i, new Code("99TEST", "P" + i, "Part " + i), Optional.empty(), i))
            .toList());
  }

  private static LabelClass organ(int index, String name, Code type, Optional<Code> modifier, int rgb) {
    return new LabelClass(
        index,
        name,
        name.replace('_', ' '), ANATOMY, type, modifier, Optional.empty(), Optional.empty(), rgb);
  }

  SliceStack stack() {
    double[] o = new double[6];
    for (int i = 0; i < 6; i++) {
      o[i] = Double.parseDouble(orientation[i]);
    }
    Vec3 row = new Vec3(o[0], o[1], o[2]);
    Vec3 column = new Vec3(o[3], o[4], o[5]);
    Vec3 step = orientation == TILTED ? new Vec3(0, 0, 1.25) : row.cross(column).times(1.25);
    List<SliceStack.Slice> planes = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      Vec3 position = new Vec3(-207.5, -180.25, -126.690002).plus(step.times(k));
      planes.add(new SliceStack.Slice(sopInstanceUid(k), Uid.CTImageStorage, 1, k + 1, position));
    }
    return new SliceStack(
        columns,
        rows,
        Double.parseDouble(columnSpacing),
        Double.parseDouble(rowSpacing),
        row,
        column,
        planes);
  }

  static String sopInstanceUid(int slice) {
    return Uid.derived("fixture", "slice", Integer.toString(slice));
  }

  Set<String> sopInstanceUids() {
    Set<String> uids = new TreeSet<>();
    for (int k = 0; k < slices; k++) {
      uids.add(sopInstanceUid(k));
    }
    return uids;
  }

  ResultUids uids() {
    return ResultUids.derive(SERIES, sopInstanceUids(), ALGORITHM.name(), ALGORITHM.version());
  }

  /** A whole CT Image object, pixels included. */
  Dataset slice(int k) {
    Vec3 position = stack().slices().get(k).position();
    return new Dataset()
        .putString(Tag.SpecificCharacterSet, "ISO_IR 100")
        .putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL")
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, sopInstanceUid(k))
        .putString(Tag.StudyDate, "20260228")
        .putString(Tag.ContentDate, "20260228")
        .putString(Tag.AcquisitionDate, "20260228")
        .putString(Tag.StudyTime, "235900")
        .putString(Tag.ContentTime, "235901")
        .putString(Tag.AcquisitionTime, "235900")
        .putString(Tag.AccessionNumber, "A-17")
        .putString(Tag.Modality, "CT")
        .putString(Tag.Manufacturer, "GE MEDICAL SYSTEMS")
        .putString(Tag.InstitutionName, "H\u00f4pital")
        .putString(Tag.ManufacturerModelName, "LightSpeed Ultra")
        .putString(Tag.SoftwareVersions, "303.1_H3M4")
        .putEmpty(Tag.ReferringPhysicianName)
        .putString(Tag.StudyDescription, "Abdomen ven\u00f6s")
        .putString(Tag.PatientName, "M\u00fcller^J\u00f6rg")
        .putString(Tag.PatientID, "4711")
        .putEmpty(Tag.PatientBirthDate)
        .putString(Tag.PatientSex, "M")
        .putString(Tag.PatientAge, "060Y")
        .putString(Tag.PatientWeight, "81.5")
        .putString(Tag.TimezoneOffsetFromUTC, "+0200")
        .putString(Tag.SliceThickness, "1.250000")
        .putString(Tag.KVP, "120")
        .putString(Tag.StudyInstanceUID, Uid.derived("fixture", "study"))
        .putString(Tag.SeriesInstanceUID, SERIES)
        .putString(Tag.StudyID, "1")
        .putInt(Tag.SeriesNumber, 2)
        .putInt(Tag.AcquisitionNumber, 1)
        .putInt(Tag.InstanceNumber, k + 1)
        .putString(Tag.PatientPosition, "HFS")
        .putNumber(Tag.ImagePositionPatient, position.x(), position.y(), position.z())
        .putString(Tag.ImageOrientationPatient, orientation)
        .putString(Tag.FrameOfReferenceUID, Uid.derived("fixture", "frame of reference"))
        .putEmpty(Tag.PositionReferenceIndicator)
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putInt(Tag.Rows, rows)
        .putInt(Tag.Columns, columns)
        .putString(Tag.PixelSpacing, rowSpacing, columnSpacing)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 16)
        .putInt(Tag.HighBit, 15)
        .putInt(Tag.PixelRepresentation, 1)
        .putString(Tag.RescaleIntercept, "-1024")
        .putString(Tag.RescaleSlope, "1")
        .putBytes(Tag.PixelData, VR.OW, new byte[rows * columns * 2]);
  }

  /** An asymmetric arrangement: boxes of different size and place, one class of the table (rib) nowhere. */
  SliceLabels boxes() {
    List<byte[]> labels = blank();
    fill(labels, 1, 0, slices / 2, 0, rows / 3, 0, columns / 4);
    fill(labels, 2, slices / 3, slices, rows / 2, rows - 1, columns / 5, columns / 2);
    fill(labels, 200, 1, slices - 1, 0, rows / 4, columns / 2, columns);
    return new SliceLabels(stack(), labels);
  }

  /** Labels of the table scattered in runs, most of them background. */
  SliceLabels scattered(long seed) {
    int[] values = {0, 0, 1, 2, 7, 200};
    Random random = new Random(seed);
    List<byte[]> labels = blank();
    for (byte[] slice : labels) {
      boolean empty = random.nextInt(4) == 0;
      for (int i = 0; i < slice.length && !empty; ) {
        byte value = (byte) values[random.nextInt(values.length)];
        for (int end = i + 1 + random.nextInt(20); i < slice.length && i < end; i++) {
          slice[i] = value;
        }
      }
    }
    return new SliceLabels(stack(), labels);
  }

  /** Each class of a table somewhere, in runs, most of the rest background. */
  WideSliceLabels scattered(LabelTable table, long seed) {
    Random random = new Random(seed);
    List<char[]> labels = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      labels.add(new char[rows * columns]);
    }
    for (LabelClass labelClass : table.classes()) {
      char[] slice = labels.get(random.nextInt(slices));
      int from = random.nextInt(slice.length);
      while (slice[from] != 0) {
        from = (from + 1) % slice.length;
      }
      for (int i = from; i < Math.min(slice.length, from + 9) && slice[i] == 0; i++) {
        slice[i] = (char) labelClass.index();
      }
    }
    return new WideSliceLabels(stack(), labels);
  }

  WrittenSegmentation write(WideSliceLabels labels, LabelTable table, SegmentationFormat format) throws Exception {
    return SegmentationWriter.write(labels, table, slice(0), ALGORITHM, EQUIPMENT, uids(), CLOCK, format);
  }

  WrittenSegmentation write(SliceLabels labels, SegmentationFormat format) throws Exception {
    return write(labels, whole(labels), format);
  }

  WrittenSegmentation write(SliceLabels labels, SegmentFractions fractions, SegmentationFormat format)
      throws Exception {
    return SegmentationWriter.write(
        labels, fractions, TABLE, slice(0), ALGORITHM, EQUIPMENT, uids(), CLOCK, format);
  }

  /** A pixel is wholly of its label. */
  private static SegmentFractions whole(SliceLabels labels) {
    return (label, slice) -> {
      byte[] fractions = labels.labels().get(slice).clone();
      for (int i = 0; i < fractions.length; i++) {
        fractions[i] = (byte) ((fractions[i] & 0xFF) == label ? SegmentFractions.WHOLE : 0);
      }
      return Optional.of(fractions);
    };
  }

  WrittenSegmentation write(SliceLabels labels) throws Exception {
    return SegmentationWriter.write(labels, TABLE, slice(0), ALGORITHM, EQUIPMENT, uids(), CLOCK);
  }

  private List<byte[]> blank() {
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      labels.add(new byte[rows * columns]);
    }
    return labels;
  }

  private void fill(List<byte[]> labels, int label, int k0, int k1, int row0, int row1, int col0, int col1) {
    for (int k = k0; k < k1; k++) {
      for (int row = row0; row < row1; row++) {
        for (int column = col0; column < col1; column++) {
          labels.get(k)[row * columns + column] = (byte) label;
        }
      }
    }
  }
}
