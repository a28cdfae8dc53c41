package nmsw.dicom.deid;

import java.nio.charset.StandardCharsets;
import nmsw.dicom.Dictionary;
import nmsw.dicom.Element;
import nmsw.dicom.VR;

/** Values that mean nothing, for attributes that must have one. */
final class Dummy {
  private Dummy() {}

  /** An element with the dictionary's VR, which is none of a sequence. */
  static Element of(int tag) {
    VR vr = Dictionary.vrOf(tag);
    String text =
        switch (vr) {
          case DA -> "19000101";
          case DT -> "19000101000000";
          case TM -> "000000";
          case AS -> "000Y";
          case DS, IS -> "0";
          case UR -> "about:blank";
          default -> "REMOVED";
        };
    byte[] value = vr.isText() ? text.getBytes(StandardCharsets.US_ASCII) : new byte[2 * vr.unit()];
    return Element.of(tag, vr, value);
  }
}
