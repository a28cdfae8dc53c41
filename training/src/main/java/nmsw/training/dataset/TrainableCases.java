package nmsw.training.dataset;

import java.io.IOException;
import java.util.Set;

/** The training or the validation part of a data set. */
public final class TrainableCases implements LabelledVolumes {
  private final StoredCases cases;

  TrainableCases(StoredCases cases) {
    this.cases = cases;
  }

  @Override
  public int size() {
    return cases.rows().size();
  }

  @Override
  public String id(int index) {
    return cases.rows().get(index).name();
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return cases.read(index);
  }

  /** Classes of the case that may be anywhere in its background, since nobody looked for them. */
  public Set<Integer> unannotated(int index) {
    return cases.unannotated(index);
  }

  /** Changes when the case, the choice of classes, or which of them were annotated does. */
  public String contentHash(int index) throws IOException {
    Set<Integer> unannotated = unannotated(index);
    String without = unannotated.isEmpty() ? "" : " without " + unannotated;
    return ContentHash.ofText(cases.contentHash(index) + " " + cases.values() + without);
  }
}
