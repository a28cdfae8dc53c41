package nmsw.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/** CT slices as files in Explicit VR Little Endian: one series, pixels of noise in 12 bits. */
final class SyntheticSlices {
  private static final String ROOT = "2.25.1234567";

  private SyntheticSlices() {}

  /**
   * @param size rows and columns
   */
  static List<Path> write(Path folder, int number, int size) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      Path file = folder.resolve(String.format("%05d.dcm", i));
      DicomWriter.writeFile(file, slice(i, size), TransferSyntax.EXPLICIT_LE);
      files.add(file);
    }
    return files;
  }

  private static Dataset slice(int number, int size) {
    ByteBuffer pixels = ByteBuffer.allocate(2 * size * size).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(number);
    while (pixels.hasRemaining()) {
      pixels.putShort((short) (random.nextInt() >>> 20));
    }
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, ROOT + ".3." + (number + 1))
        .putString(Tag.StudyDate, "20260101")
        .putString(Tag.Modality, "CT")
        .putString(Tag.PatientName, "Bench^Network")
        .putString(Tag.PatientID, "BENCH")
        .putString(Tag.StudyInstanceUID, ROOT + ".1")
        .putString(Tag.SeriesInstanceUID, ROOT + ".2")
        .putInt(Tag.InstanceNumber, number + 1)
        .putNumber(Tag.ImagePositionPatient, -250, -250, number)
        .putNumber(Tag.ImageOrientationPatient, 1, 0, 0, 0, 1, 0)
        .putNumber(Tag.PixelSpacing, 1, 1)
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putInt(Tag.Rows, size)
        .putInt(Tag.Columns, size)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 12)
        .putInt(Tag.HighBit, 11)
        .putInt(Tag.PixelRepresentation, 0)
        .putNumber(Tag.RescaleIntercept, -1024)
        .putNumber(Tag.RescaleSlope, 1)
        .putBytes(Tag.PixelData, VR.OW, pixels.array());
  }
}
