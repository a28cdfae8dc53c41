package nmsw.segmentation;

import com.fasterxml.jackson.annotation.JsonProperty;
import nmsw.segmentation.SelectionRequest.Kind;

/** What a model's networks were trained for: NMSW-Net, or a baseline (NMSW §12). Decides which patches it can choose. */
public enum Method {
  /** Both networks and the importance of patches, end to end. */
  @JsonProperty("nmsw")
  NMSW(Kind.TOP_K),

  /** Random foreground: both networks, each for itself. Which patches matter was not learned. */
  @JsonProperty("rf")
  RF(Kind.RANDOM_FOREGROUND),

  /** Sliding window: the local network alone. What the manifest says of a global network was not trained. */
  @JsonProperty("sw")
  SW(Kind.SLIDING_WINDOW);

  private final Kind own;

  Method(Kind own) {
    this.own = own;
  }

  /** The selection that it was trained for. */
  public Kind own() {
    return own;
  }

  /** Whether what a selection asks was learned. */
  boolean allows(Kind kind) {
    return switch (this) {
      case NMSW -> true;
      case RF -> kind != Kind.TOP_K;
      case SW -> kind == Kind.SLIDING_WINDOW;
    };
  }
}
