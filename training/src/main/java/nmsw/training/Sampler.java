package nmsw.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the importance of patches is learned. */
enum Sampler {
  /** From the loss of the picked patches, through the differentiable top-K (NMSW §5). */
  @JsonProperty("gumbel")
  GUMBEL,

  /** In addition from the global network's errors, which the labels tell: {@link SupervisedImportance}. */
  @JsonProperty("supervised")
  SUPERVISED
}
