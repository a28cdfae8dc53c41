package nmsw.dicom.net;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;

/**
 * What C-STORE needs of a Part 10 file's head (PS3.10 §7.1); reading it leaves the stream at the data set, which can
 * then be sent as it is.
 */
record FileHead(String sopClassUid, String sopInstanceUid, TransferSyntax transferSyntax) {
  private static final int MAX_VALUE = 1 << 20;
  private static final int PEEK = 8;

  /** The stream must support {@code mark}. */
  static FileHead read(InputStream in) throws IOException {
    byte[] preamble = in.readNBytes(132);
    if (preamble.length < 132 || !new String(preamble, 128, 4, StandardCharsets.US_ASCII).equals("DICM")) {
      throw new DicomException("no DICOM file: the mark DICM is missing at offset 128");
    }
    String sopClass = "";
    String sopInstance = "";
    String syntax = "";
    while (true) {
      in.mark(PEEK);
      byte[] start = in.readNBytes(PEEK);
      if (start.length < PEEK) {
        throw new DicomException("file ends inside its file meta information");
      }
      ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
      if (header.getShort(0) != 0x0002) {
        in.reset();
        break;
      }
      int tag = 0x00020000 | header.getShort(2) & 0xFFFF;
      String value = value(in, header, tag);
      switch (tag) {
        case Tag.MediaStorageSOPClassUID -> sopClass = value;
        case Tag.MediaStorageSOPInstanceUID -> sopInstance = value;
        case Tag.TransferSyntaxUID -> syntax = value;
        default -> { }
      }
    }
    if (sopClass.isEmpty() || sopInstance.isEmpty() || syntax.isEmpty()) {
      throw new DicomException(
          "file meta information lacks the SOP class, the SOP instance or the transfer syntax");
    }
    return new FileHead(sopClass, sopInstance, TransferSyntax.of(syntax));
  }

  private static String value(InputStream in, ByteBuffer header, int tag) throws IOException {
    String vr = "" + (char) header.get(4) + (char) header.get(5);
    long length = header.getShort(6) & 0xFFFFL;
    if (vr.equals("OB") || vr.equals("UN") || vr.equals("OW") || vr.equals("SQ") || vr.equals("UT")) {
      byte[] wide = in.readNBytes(4);
      length = wide.length < 4 ? 0 : ByteBuffer.wrap(wide).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xFFFFFFFFL;
    }
    if (length > MAX_VALUE) {
      throw DicomException.at(tag, "value of " + length + " bytes in file meta information");
    }
    byte[] value = in.readNBytes((int) length);
    if (value.length < length) {
      throw DicomException.at(tag, "file ends inside the value");
    }
    int end = value.length;
    while (end > 0 && (value[end - 1] == 0 || value[end - 1] == ' ')) {
      end--;
    }
    return new String(value, 0, end, StandardCharsets.US_ASCII);
  }
}
