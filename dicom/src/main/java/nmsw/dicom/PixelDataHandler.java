package nmsw.dicom;

import java.io.IOException;
import java.io.InputStream;

/**
 * Takes pixel data as they are read, so that they are never held: a file larger than the memory can be read.
 * The data set that is returned in the end lacks them.
 */
@FunctionalInterface
public interface PixelDataHandler {
  /** Passes over the pixel data; in a file without copying them. */
  PixelDataHandler SKIP = (dataset, tag, vr, index, length, bytes) -> {};

  /**
   * Called for Pixel Data, Float Pixel Data or Double Float Pixel Data of the data set itself, not of its items.
   * Native pixel data are one piece. Encapsulated ones (PS3.5 §A.4) are a piece for the Basic Offset Table,
   * which may be empty, and one for each fragment.
   *
   * @param before what stands before the pixel data, all that is needed to understand them
   * @param index from 0
   * @param length of this piece in bytes
   * @param bytes little endian; it ends after the piece, and what is not read of it is passed over
   */
  void piece(Dataset before, int tag, VR vr, int index, long length, InputStream bytes) throws IOException;
}
