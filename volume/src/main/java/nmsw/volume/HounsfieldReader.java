package nmsw.volume;

import java.io.IOException;
import java.util.OptionalDouble;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.volume.GeometryRefusal.Code;

/**
 * The pixels of a file's CT images as Hounsfield units: padding becomes air, then the image's own rescale is applied.
 */
final class HounsfieldReader {
  /**
   * Rescale Types (PS3.3 §C.11.1.1.2) that are no Hounsfield units; absent, US and HU_MOD are taken for them.
   */
  private static final Set<String> OTHER_UNITS = Set.of("OD", "MGML", "Z_EFF", "ED", "EDW", "PCT");

  private final DicomFile file;

  private HounsfieldReader(DicomFile file) {
    this.file = file;
  }

  /** The pixels of an image; where a file has several, {@link #open} reads it only once. */
  static short[] readAlone(CtImage image) throws GeometryRefusal {
    return open(image).read(image);
  }

  /** Reads the whole file of an image. */
  static HounsfieldReader open(CtImage image) throws GeometryRefusal {
    try {
      return new HounsfieldReader(DicomReader.read(image.file()));
    } catch (IOException e) {
      throw new GeometryRefusal(Code.BAD_PIXEL_DATA, image.described() + ": " + e.getMessage(), e);
    }
  }

  /** The pixels of an image of the file; threads may call it together. */
  short[] read(CtImage image) throws GeometryRefusal {
    Dataset object = file.dataset();
    Dataset header;
    try {
      if (FrameHeader.frames(object) != image.frames()) {
        throw changed(image);
      }
      header = FrameHeader.of(object, image.frame());
    } catch (DicomException e) {
      throw changed(image);
    }
    double slope = rescale(image, header, Tag.RescaleSlope);
    double intercept = rescale(image, header, Tag.RescaleIntercept);
    String unit = header.string(Tag.RescaleType).orElse("HU");
    if (slope == 0 || OTHER_UNITS.contains(unit)) {
      throw new GeometryRefusal(
          Code.NO_RESCALE, image.described() + ": Rescale Slope " + slope + ", Rescale Type " + unit);
    }
    int[] stored;
    try {
      stored = PixelDecoder.decode(object, file.transferSyntax(), image.frame() - 1);
    } catch (DicomException e) {
      boolean unsupported =
          file.transferSyntax().encapsulated() && !PixelDecoder.transferSyntaxes().contains(file.transferSyntax());
      Code code = unsupported ? Code.UNSUPPORTED_TRANSFER_SYNTAX : Code.BAD_PIXEL_DATA;
      throw new GeometryRefusal(code, image.described() + ": " + e.getMessage(), e);
    }
    if (stored.length != image.rows() * image.columns()) {
      throw changed(image);
    }
    return toHounsfield(stored, slope, intercept, padding(header));
  }

  private static GeometryRefusal changed(CtImage image) {
    return new GeometryRefusal(
        Code.BAD_PIXEL_DATA, image.described() + ": the file changed while the series was read");
  }

  private static double rescale(CtImage image, Dataset dataset, int tag) throws GeometryRefusal {
    OptionalDouble value = dataset.number(tag);
    if (value.isEmpty()) {
      throw new GeometryRefusal(
          Code.NO_RESCALE,
          image.described() + ": " + (tag == Tag.RescaleSlope ? "Rescale Slope" : "Rescale Intercept")
              + " is missing or no number");
    }
    return value.getAsDouble();
  }

  /** First and last stored value that is padding; an empty range if there is none. */
  private static int[] padding(Dataset dataset) {
    byte[] value = dataset.bytes(Tag.PixelPaddingValue);
    byte[] limit = dataset.bytes(Tag.PixelPaddingRangeLimit);
    if (value.length < 2) {
      return new int[] {1, 0};
    }
    boolean signed = dataset.integer(Tag.PixelRepresentation).orElse(0) == 1;
    int first = sixteenBits(value, signed);
    int last = limit.length < 2 ? first : sixteenBits(limit, signed);
    return new int[] {Math.min(first, last), Math.max(first, last)};
  }

  /** By Pixel Representation, not by the element's VR, which some writers set to US for signed pixels. */
  private static int sixteenBits(byte[] value, boolean signed) {
    int bits = value[0] & 0xFF | (value[1] & 0xFF) << 8;
    return signed ? (short) bits : bits;
  }

  private static short[] toHounsfield(int[] stored, double slope, double intercept, int[] padding) {
    short[] hounsfield = new short[stored.length];
    for (int i = 0; i < stored.length; i++) {
      int value = stored[i];
      if (value >= padding[0] && value <= padding[1]) {
        hounsfield[i] = Resampler.AIR;
      } else {
        double rescaled = Math.rint(value * slope + intercept);
        hounsfield[i] = (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, rescaled));
      }
    }
    return hounsfield;
  }
}
