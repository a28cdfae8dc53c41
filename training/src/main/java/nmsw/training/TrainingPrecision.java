package nmsw.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import nmsw.segmentation.nn.Form;

/** Arithmetic of the backbones in training; weights, heads, fusion and loss are float32 in any case. */
public enum TrainingPrecision {
  @JsonProperty("f32")
  F32(Form.EXACT),

  /** Half the memory of activations. Its exponent is float32's: no loss is scaled. */
  @JsonProperty("bf16")
  BF16(Form.TRAIN_BF16);

  private final Form form;

  TrainingPrecision(Form form) {
    this.form = form;
  }

  Form form() {
    return form;
  }
}
