package nmsw.dicom.net;

import java.util.Locale;

/** Status of a DIMSE response (PS3.7 Annex C, PS3.4 Tables B.2-1, C.4-1, C.4-2 and C.4-3). */
public record Status(int code) {
  public static final Status SUCCESS = new Status(0x0000);
  public static final Status PROCESSING_FAILURE = new Status(0x0110);
  public static final Status INVALID_SOP_INSTANCE = new Status(0x0117);
  public static final Status SOP_CLASS_NOT_SUPPORTED = new Status(0x0122);
  public static final Status UNRECOGNIZED_OPERATION = new Status(0x0211);
  public static final Status OUT_OF_RESOURCES = new Status(0xA700);
  public static final Status DATASET_MISMATCH = new Status(0xA900);
  public static final Status CANNOT_UNDERSTAND = new Status(0xC000);

  public Status {
    if (code < 0 || code > 0xFFFF) {
      throw new IllegalArgumentException("status " + code + " does not fit 16 bits");
    }
  }

  public boolean isSuccess() {
    return code == 0;
  }

  /** The object was stored, with a remark: coerced or ignored elements, a data set that doesn't match. */
  public boolean isWarning() {
    return code == 0x0001 || code == 0x0107 || code == 0x0116 || code >> 12 == 0xB;
  }

  /** More responses follow. */
  public boolean isPending() {
    return code == 0xFF00 || code == 0xFF01;
  }

  /** The operation ended because it was cancelled. */
  public boolean isCancel() {
    return code == 0xFE00;
  }

  public boolean isFailure() {
    return !isSuccess() && !isWarning() && !isPending() && !isCancel();
  }

  /** The code in hexadecimal and, where the standard gives it one, its meaning. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%04XH %s", code, meaning());
  }

  private String meaning() {
    return switch (code) {
      case 0x0000 -> "success";
      case 0x0110 -> "processing failure";
      case 0x0111 -> "duplicate SOP instance";
      case 0x0112 -> "no such SOP instance";
      case 0x0115 -> "invalid argument value";
      case 0x0117 -> "invalid SOP instance";
      case 0x0122 -> "SOP class not supported";
      case 0x0124 -> "not authorized";
      case 0x0210 -> "duplicate invocation";
      case 0x0211 -> "unrecognized operation";
      case 0x0212 -> "mistyped argument";
      case 0x0213 -> "resource limitation";
      case 0xB000 -> "warning: coercion of data elements";
      case 0xB006 -> "warning: elements discarded";
      case 0xB007 -> "warning: data set does not match SOP class";
      case 0xA701 -> "out of resources: number of matches can't be calculated";
      case 0xA702 -> "out of resources: sub-operations can't be performed";
      case 0xA801 -> "move destination unknown";
      case 0xFE00 -> "cancelled";
      case 0xFF00 -> "pending";
      case 0xFF01 -> "pending, optional keys not supported";
      default -> {
        if (code >> 8 == 0xA7) {
          yield "out of resources";
        }
        if (code >> 8 == 0xA9) {
          yield "data set does not match SOP class";
        }
        yield code >> 12 == 0xC ? "cannot understand" : isWarning() ? "warning" : "failure";
      }
    };
  }
}
