package nmsw.dicom;

import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.codec.RleEncoder;

/** Compresses native pixel data of one sample per pixel in 8 or 16 allocated bits. */
public final class PixelEncoder {
  private PixelEncoder() {}

  /**
   * Pixel Data for {@link TransferSyntax#RLE_LOSSLESS} (PS3.5 annex G), each frame a fragment, with a Basic
   * Offset Table, which stays empty beyond the 4 GiB that it can address.
   *
   * @throws DicomException if the pixel data are of another kind, or of another length than the frames
   */
  public static Element rle(Dataset dataset) throws DicomException {
    Element pixels = dataset.get(Tag.PixelData);
    if (pixels == null || pixels.isEncapsulated()) {
      throw DicomException.at(Tag.PixelData, pixels == null ? "the element is missing: no image"
          : "it is compressed already");
    }
    PixelFormat format = PixelFormat.of(dataset);
    if (format.frame().bitsAllocated() == 1) {
      throw DicomException.at(Tag.BitsAllocated, "RLE takes 8 or 16 bits allocated, not 1");
    }
    int frames = PixelFormat.frames(dataset);
    int length = pixels.bytes().length;
    if (length - format.nativeBytes(frames) != 0 && length - format.nativeBytes(frames) != 1) {
      throw DicomException.at(
          Tag.PixelData, length + " bytes, but " + frames + " frames have " + format.nativeBytes(frames));
    }
    byte[] table = new byte[4 * frames];
    List<byte[]> fragments = new ArrayList<>(frames + 1);
    fragments.add(table);
    long offset = 0;
    for (int frame = 0; frame < frames; frame++) {
      for (int i = 0; i < 4; i++) {
        table[4 * frame + i] = (byte) (offset >> 8 * i);
      }
      byte[] fragment = RleEncoder.encode(pixels.bytes(), (int) format.nativeBytes(frame), format.frame());
      fragments.add(fragment);
      offset += 8L + fragment.length;
    }
    if (offset > 0xFFFFFFFFL) {
      fragments.set(0, new byte[0]);
    }
    return Element.ofFragments(Tag.PixelData, VR.OB, fragments);
  }
}
