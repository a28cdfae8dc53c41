package nmsw.dicom.net;

import java.util.Random;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/** Objects to send: the shape of a CT slice, with noise for pixels. */
final class TestObjects {
  private TestObjects() {}

  static Dataset ct(int number, int rows, int columns) {
    byte[] pixels = new byte[2 * rows * columns];
    new Random(number).nextBytes(pixels);
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, "1.2.826.0.1.3680043.9.9999." + (number + 1))
        .putString(Tag.StudyInstanceUID, "1.2.826.0.1.3680043.9.9999.1000")
        .putString(Tag.SeriesInstanceUID, "1.2.826.0.1.3680043.9.9999.1001")
        .putString(Tag.Modality, "CT")
        .putString(Tag.PatientID, "TEST")
        .putInt(Tag.InstanceNumber, number)
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putInt(Tag.Rows, rows)
        .putInt(Tag.Columns, columns)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 16)
        .putInt(Tag.HighBit, 15)
        .putInt(Tag.PixelRepresentation, 1)
        .putBytes(Tag.PixelData, VR.OW, pixels);
  }
}
