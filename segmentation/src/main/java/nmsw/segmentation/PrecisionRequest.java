package nmsw.segmentation;

/** The precision of the networks' arithmetic that an operator asks for: {@code auto}, {@code f32} or {@code bf16}. */
public enum PrecisionRequest {
  /** bfloat16 where the device has instructions for it, else float32. */
  AUTO("auto"),
  F32("f32"),
  /** Also where the device has to emulate it. */
  BF16("bf16");

  private final String text;

  PrecisionRequest(String text) {
    this.text = text;
  }

  /**
   * @throws IllegalArgumentException if the text names no precision
   */
  public static PrecisionRequest parse(String text) {
    for (PrecisionRequest request : values()) {
      if (request.text.equals(text)) {
        return request;
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not auto, f32 or bf16");
  }

  @Override
  public String toString() {
    return text;
  }
}
