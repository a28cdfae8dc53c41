package nmsw.volume.phantom;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntBinaryOperator;
import nmsw.dicom.Dataset;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/** Changes the objects of a series; every function but {@link #also} changes what it is given. */
final class ScanObjects {
  private static final int WHITE = 0xFFF;

  private ScanObjects() {}

  /** What becomes of the image of slice k of n. */
  interface Change {
    List<Dataset> of(int k, int n, Dataset image);
  }

  static List<Dataset> one(Dataset image) {
    return List.of(image);
  }

  static Change each(Consumer<Dataset> change) {
    return (k, n, d) -> {
      change.accept(d);
      return one(d);
    };
  }

  static Change everyThird(Consumer<Dataset> change) {
    return (k, n, d) -> {
      if (k % 3 == 0) {
        change.accept(d);
      }
      return one(d);
    };
  }

  /** The image, and a changed copy with a UID of its own. */
  static List<Dataset> also(Dataset image, String name, Consumer<Dataset> change) {
    Dataset copy = image.copy();
    copy.putString(
        Tag.SOPInstanceUID, Uid.derived("phantom copy", name, image.string(Tag.SOPInstanceUID).orElseThrow()));
    change.accept(copy);
    return List.of(image, copy);
  }

  static List<Dataset> turnedRound(int k, int n, Dataset d) {
    return one(d.putString(Tag.PatientPosition, position(d).replace("HF", "FF")));
  }

  static List<Dataset> turnedOver(int k, int n, Dataset d) {
    return one(d.putString(Tag.PatientPosition, position(d).substring(0, 2) + "P"));
  }

  private static String position(Dataset d) {
    return d.string(Tag.PatientPosition).orElseThrow();
  }

  static Dataset rescaled(Dataset d, double slope, double intercept) {
    double before = d.number(Tag.RescaleIntercept).orElseThrow();
    store(d, 16, (at, stored) -> (int) Math.rint((stored + before - intercept) / slope));
    return d.putNumber(Tag.RescaleSlope, slope).putNumber(Tag.RescaleIntercept, intercept);
  }

  static void padded(Dataset d) {
    int columns = d.integer(Tag.Columns).orElseThrow();
    int rows = d.integer(Tag.Rows).orElseThrow();
    store(
        d,
        12,
        (at, stored) -> {
          double x = (at % columns + 0.5) / columns - 0.5;
          double y = (at / columns + 0.5) / rows - 0.5;
          return x * x + y * y > 0.25 ? WHITE : Math.min(WHITE - 1, stored);
        });
    d.putInt(Tag.PixelPaddingValue, WHITE);
  }

  static void signed(Dataset d) {
    int before = (int) d.number(Tag.RescaleIntercept).orElseThrow();
    store(d, 12, (at, stored) -> Math.min(2047, stored + before) & WHITE);
    d.putInt(Tag.PixelRepresentation, 1).putNumber(Tag.RescaleIntercept, 0);
  }

  static Dataset brighter(Dataset d) {
    store(d, d.integer(Tag.BitsStored).orElseThrow(), (at, stored) -> Math.min(WHITE, stored + 30));
    return d;
  }

  static void localizer(Dataset d) {
    d.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "LOCALIZER");
    d.putNumber(Tag.ImageOrientationPatient, 1, 0, 0, 0, 0, -1);
  }

  /** The upper left quarter, of pixels twice as long and wide. */
  static void halved(Dataset d) {
    int columns = d.integer(Tag.Columns).orElseThrow() / 2;
    int rows = d.integer(Tag.Rows).orElseThrow() / 2;
    double[] spacing = d.numbers(Tag.PixelSpacing);
    d.putInt(Tag.Columns, columns).putInt(Tag.Rows, rows);
    d.putNumber(Tag.PixelSpacing, 2 * spacing[0], 2 * spacing[1]);
    d.putBytes(Tag.PixelData, VR.OW, Arrays.copyOf(d.bytes(Tag.PixelData), 2 * columns * rows));
  }

  static void reoriented(Dataset d) {
    double[] o = d.numbers(Tag.ImageOrientationPatient);
    d.putNumber(Tag.ImageOrientationPatient, o[3], o[4], o[5], o[0], o[1], o[2]);
  }

  static void moved(Dataset d) {
    d.putString(
        Tag.FrameOfReferenceUID, Uid.derived("phantom moved", d.string(Tag.FrameOfReferenceUID).orElseThrow()));
  }

  static Dataset cut(Dataset d) {
    byte[] pixels = d.bytes(Tag.PixelData);
    return d.putBytes(Tag.PixelData, VR.OW, Arrays.copyOf(pixels, pixels.length - 2));
  }

  static void encapsulated(Dataset d) {
    d.put(Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[] {(byte) 0xFF, 0x4F})));
  }

  static void coloured(Dataset d) {
    int pixels = d.integer(Tag.Columns).orElseThrow() * d.integer(Tag.Rows).orElseThrow();
    d.putString(Tag.PhotometricInterpretation, "RGB");
    d.putInt(Tag.SamplesPerPixel, 3).putInt(Tag.PlanarConfiguration, 0);
    d.putInt(Tag.BitsAllocated, 8).putInt(Tag.BitsStored, 8).putInt(Tag.HighBit, 7);
    d.putBytes(Tag.PixelData, VR.OB, new byte[3 * pixels + pixels % 2]);
  }

  /**
   * Stores other values.
   *
   * @param value of index and stored value
   */
  private static void store(Dataset d, int bits, IntBinaryOperator value) {
    byte[] old = d.bytes(Tag.PixelData);
    byte[] bytes = new byte[old.length];
    for (int i = 0; 2 * i < old.length; i++) {
      int v = value.applyAsInt(i, old[2 * i] & 0xFF | (old[2 * i + 1] & 0xFF) << 8);
      bytes[2 * i] = (byte) v;
      bytes[2 * i + 1] = (byte) (v >> 8);
    }
    d.putBytes(Tag.PixelData, VR.OW, bytes).putInt(Tag.BitsStored, bits).putInt(Tag.HighBit, bits - 1);
  }
}
