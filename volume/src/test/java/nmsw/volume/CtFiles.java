package nmsw.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/** CT Image objects of a stack, to be harmed by tests before they are written. */
final class CtFiles {
  static final String SERIES = "1.2.3.4";
  static final String FRAME = "1.2.3.5";

  private final List<Dataset> images = new ArrayList<>();

  /** Signed 16-bit images with intercept 0 and slope 1. */
  CtFiles(SliceStack stack, ToDoubleFunction<Vec3> field) {
    List<short[]> slices = Fields.sample(stack, field);
    for (int k = 0; k < stack.size(); k++) {
      SliceStack.Slice slice = stack.slices().get(k);
      Dataset d = new Dataset();
      d.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL");
      d.putString(Tag.SOPClassUID, Uid.CTImageStorage);
      d.putString(Tag.SOPInstanceUID, slice.sopInstanceUid());
      d.putString(Tag.Modality, "CT");
      d.putString(Tag.SeriesInstanceUID, SERIES);
      d.putString(Tag.FrameOfReferenceUID, FRAME);
      d.putInt(Tag.InstanceNumber, slice.instanceNumber());
      put(d, slice.position());
      put(d, stack.rowDirection(), stack.columnDirection());
      d.putNumber(Tag.PixelSpacing, stack.rowSpacing(), stack.columnSpacing());
      d.putInt(Tag.SamplesPerPixel, 1);
      d.putString(Tag.PhotometricInterpretation, "MONOCHROME2");
      d.putInt(Tag.Rows, stack.rows());
      d.putInt(Tag.Columns, stack.columns());
      d.putInt(Tag.BitsAllocated, 16);
      d.putInt(Tag.BitsStored, 16);
      d.putInt(Tag.HighBit, 15);
      d.putInt(Tag.PixelRepresentation, 1);
      d.putNumber(Tag.RescaleIntercept, 0);
      d.putNumber(Tag.RescaleSlope, 1);
      putPixels(d, slices.get(k));
      images.add(d);
    }
  }

  static void put(Dataset d, Vec3 position) {
    d.putNumber(Tag.ImagePositionPatient, position.x(), position.y(), position.z());
  }

  static void put(Dataset d, Vec3 row, Vec3 column) {
    d.putNumber(Tag.ImageOrientationPatient, row.x(), row.y(), row.z(), column.x(), column.y(), column.z());
  }

  static void putPixels(Dataset d, short... stored) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * stored.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(stored);
    d.putBytes(Tag.PixelData, VR.OW, bytes.array());
  }

  static void putRaw(Dataset d, int tag, VR vr, int value) {
    d.putBytes(tag, vr, new byte[] {(byte) value, (byte) (value >> 8)});
  }

  Dataset get(int slice) {
    return images.get(slice);
  }

  int size() {
    return images.size();
  }

  CtFiles change(int slice, Consumer<Dataset> change) {
    change.accept(images.get(slice));
    return this;
  }

  CtFiles changeAll(Consumer<Dataset> change) {
    images.forEach(change);
    return this;
  }

  CtFiles remove(int slice) {
    images.remove(slice);
    return this;
  }

  CtFiles add(Dataset image) {
    images.add(image);
    return this;
  }

  /** Writes the files in an order that is neither that of space nor its reverse. */
  List<Path> write(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    int stride = images.size() % 7 == 0 ? 11 : 7;
    for (int i = 0; i < images.size(); i++) {
      int k = i * stride % images.size();
      Path file = folder.resolve("image" + k);
      DicomWriter.writeFile(file, images.get(k), TransferSyntax.EXPLICIT_LE);
      files.add(file);
    }
    return files;
  }
}
