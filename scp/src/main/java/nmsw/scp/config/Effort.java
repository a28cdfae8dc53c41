package nmsw.scp.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;

/**
 * What a rule wants of the network otherwise than {@link ComputeConfig} has it for all; what is empty is as there.
 *
 * @param selection which patches the local network looks at
 * @param k how many; where only the selection differs, the model's own number
 * @param precision what the networks compute in
 */
public record Effort(
    Optional<SelectionRequest.Kind> selection, Optional<Integer> k, Optional<PrecisionRequest> precision) {
  /** As for all. */
  public static final Effort USUAL = new Effort(Optional.empty(), Optional.empty(), Optional.empty());

  /** What is asked for where {@code usual} is asked for otherwise. */
  public SelectionRequest selection(SelectionRequest usual) {
    boolean other = selection.isPresent() && selection.get() != usual.kind();
    return new SelectionRequest(
        selection.orElse(usual.kind()), k.isPresent() || other ? k : usual.k(), usual.seed());
  }

  /** For people; empty where all is as usual. */
  public String inWords() {
    List<String> words = new ArrayList<>();
    selection.ifPresent(kind -> words.add("selection " + kind));
    k.ifPresent(count -> words.add("k " + count));
    precision.ifPresent(type -> words.add("precision " + type));
    return String.join(", ", words);
  }
}
