package nmsw.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What of the local network's activations is computed again on the way back rather than held. */
public enum Recomputation {
  /** Nothing: all patches go through at once. */
  @JsonProperty("nothing")
  NOTHING,

  /** One patch's are held at a time, for a third more of the local network's arithmetic. */
  @JsonProperty("patches")
  PATCHES,

  /** One block's of one patch, for two thirds more. Only MedNeXt is made of blocks; others do as {@link #PATCHES}. */
  @JsonProperty("blocks")
  BLOCKS
}
