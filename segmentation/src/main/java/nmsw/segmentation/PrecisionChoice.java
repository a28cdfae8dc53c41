package nmsw.segmentation;

import nmsw.segmentation.nn.Form;

/**
 * The precision that networks will compute in, and why.
 *
 * @param reason for the log
 * @param emulated whether the device lacks instructions for it, so that it takes longer than float32
 */
record PrecisionChoice(Form form, String reason, boolean emulated) {
  /**
   * @param bfloat16 whether the device has instructions for it
   * @param device for the reason: {@code CPU} or {@code GPU}
   */
  static PrecisionChoice of(PrecisionRequest request, boolean bfloat16, String device) {
    String finding = "the " + device + (bfloat16 ? " has" : " has no") + " instructions for bfloat16";
    return switch (request) {
      case AUTO -> new PrecisionChoice(bfloat16 ? Form.FAST_BF16 : Form.FAST, finding, false);
      case F32 -> new PrecisionChoice(Form.FAST, "as configured", false);
      case BF16 -> new PrecisionChoice(Form.FAST_BF16, "as configured; " + finding, !bfloat16);
    };
  }
}
