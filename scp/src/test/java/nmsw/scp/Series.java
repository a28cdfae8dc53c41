package nmsw.scp;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.StoreRequest;

/** Small CT series for tests: a bright box, off centre in every direction, in air. */
public final class Series {
  public static final int COLUMNS = 24;
  public static final int ROWS = 20;
  public static final String UID = Uid.derived("scp test", "series");

  private Series() {}

  public static List<Dataset> ct(int slices) {
    return ct(UID, slices);
  }

  public static List<Dataset> ct(String seriesUid, int slices) {
    List<Dataset> all = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      all.add(slice(seriesUid, k));
    }
    return all;
  }

  public static Dataset slice(String seriesUid, int k) {
    ByteBuffer pixels = ByteBuffer.allocate(2 * COLUMNS * ROWS).order(ByteOrder.LITTLE_ENDIAN);
    for (int y = 0; y < ROWS; y++) {
      for (int x = 0; x < COLUMNS; x++) {
        boolean inside = x >= 4 && x < 12 && y >= 5 && y < 10 && k >= 3 && k < 9;
        pixels.putShort((short) (inside ? 1100 : 24));
      }
    }
    return new Dataset()
        .putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL")
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, Uid.derived(seriesUid, "slice", Integer.toString(k)))
        .putString(Tag.StudyDate, "20260301")
        .putString(Tag.StudyTime, "120000")
        .putString(Tag.AccessionNumber, "A1")
        .putString(Tag.Modality, "CT")
        .putEmpty(Tag.ReferringPhysicianName)
        .putString(Tag.PatientName, "Secret^Name")
        .putString(Tag.PatientID, "P1")
        .putEmpty(Tag.PatientBirthDate)
        .putEmpty(Tag.PatientSex)
        .putString(Tag.StudyInstanceUID, Uid.derived(seriesUid, "study"))
        .putString(Tag.SeriesInstanceUID, seriesUid)
        .putString(Tag.StudyID, "1")
        .putInt(Tag.SeriesNumber, 2)
        .putInt(Tag.InstanceNumber, k + 1)
        .putNumber(Tag.ImagePositionPatient, -30, -20, 5.0 * k)
        .putNumber(Tag.ImageOrientationPatient, 1, 0, 0, 0, 1, 0)
        .putString(Tag.FrameOfReferenceUID, Uid.derived(seriesUid, "frame"))
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putInt(Tag.Rows, ROWS)
        .putInt(Tag.Columns, COLUMNS)
        .putNumber(Tag.PixelSpacing, 3, 2.5)
        .putNumber(Tag.SliceThickness, 5)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 16)
        .putInt(Tag.HighBit, 15)
        .putInt(Tag.PixelRepresentation, 1)
        .putNumber(Tag.RescaleIntercept, -1024)
        .putNumber(Tag.RescaleSlope, 1)
        .putBytes(Tag.PixelData, VR.OW, pixels.array());
  }

  public static byte[] bytes(Dataset dataset) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      DicomWriter.writeDataset(out, dataset, TransferSyntax.EXPLICIT_LE);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  public static InputStream stream(Dataset dataset) {
    return new ByteArrayInputStream(bytes(dataset));
  }

  public static AssociationInfo association(long id) {
    return new AssociationInfo(id, "CT1", "NMSW", "127.0.0.1");
  }

  public static StoreRequest request(Dataset dataset) {
    return new StoreRequest(
        association(1),
        dataset.string(Tag.SOPClassUID).orElseThrow(),
        dataset.string(Tag.SOPInstanceUID).orElseThrow(),
        TransferSyntax.EXPLICIT_LE);
  }
}
