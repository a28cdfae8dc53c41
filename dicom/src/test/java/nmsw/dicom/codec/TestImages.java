package nmsw.dicom.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/** Synthetic native images: smooth with noise, flat areas that runs code, and the ends of the range. */
final class TestImages {
  private TestImages() {}

  /** Every kind of sample, and sizes that are no multiple of anything. */
  static List<Dataset> all() {
    List<Dataset> images = new ArrayList<>();
    for (boolean signed : new boolean[] {false, true}) {
      images.add(image(53, 37, 8, 8, signed, 1));
      images.add(image(64, 48, 16, 12, signed, 1));
      images.add(image(40, 71, 16, 16, signed, 1));
      images.add(image(130, 300, 16, 16, signed, 1));
    }
    images.add(image(33, 65, 16, 10, false, 1));
    images.add(image(1, 50, 16, 12, false, 1));
    images.add(image(50, 1, 16, 12, false, 1));
    images.add(image(24, 32, 16, 12, true, 3));
    return images;
  }

  static Dataset image(int rows, int columns, int allocated, int stored, boolean signed, int frames) {
    Random random = new Random(rows * 31L + columns);
    int pixels = rows * columns;
    byte[] bytes = new byte[frames * pixels * allocated / 8 + frames * pixels * allocated / 8 % 2];
    int range = 1 << stored;
    int least = signed ? -range / 2 : 0;
    for (int i = 0; i < frames * pixels; i++) {
      int x = i % columns;
      int y = i / columns % rows;
      double wave = 0.5 + 0.3 * StrictMath.sin(x / 9.0 + i / pixels) * StrictMath.cos(y / 7.0);
      double value = least + range * wave + random.nextGaussian() * range / 400;
      if (y > rows / 2 && x > columns / 2) {
        value = least + (y > 3 * rows / 4 ? 0 : range / 3);
      } else if (y < rows / 6) {
        value = random.nextInt(4) == 0 ? least + range - 1 : random.nextInt(2) == 0 ? least : value;
      }
      int cell = (int) Math.max(least, Math.min(least + range - 1, value));
      if (allocated == 8) {
        bytes[i] = (byte) cell;
      } else {
        bytes[2 * i] = (byte) cell;
        bytes[2 * i + 1] = (byte) (cell >> 8);
      }
    }
    String id = rows + "x" + columns + " " + allocated + "/" + stored + (signed ? " signed" : "") + " x" + frames;
    Dataset image =
        new Dataset()
            .putString(
                Tag.SOPClassUID,
                frames == 1
                    ? Uid.CTImageStorage
                    : allocated == 8
                        ? Uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage
                        : Uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage)
            .putString(Tag.SOPInstanceUID, Uid.derived(id))
            .putString(Tag.StudyInstanceUID, Uid.derived("study"))
            .putString(Tag.SeriesInstanceUID, Uid.derived("series"))
            .putString(Tag.Modality, "CT")
            .putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL")
            .putString(Tag.SeriesDescription, id)
            .putInt(Tag.SamplesPerPixel, 1)
            .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
            .putInt(Tag.Rows, rows)
            .putInt(Tag.Columns, columns)
            .putInt(Tag.BitsAllocated, allocated)
            .putInt(Tag.BitsStored, stored)
            .putInt(Tag.HighBit, stored - 1)
            .putInt(Tag.PixelRepresentation, signed ? 1 : 0)
            .putNumber(Tag.RescaleIntercept, 0)
            .putNumber(Tag.RescaleSlope, 1)
            .putBytes(Tag.PixelData, allocated == 8 ? VR.OB : VR.OW, bytes);
    if (frames > 1) {
      image.putInt(Tag.NumberOfFrames, frames);
    }
    return image;
  }
}
