package nmsw.training.dataset;

import java.io.IOException;

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

  /** Changes when the case, or the choice of classes, does. */
  public String contentHash(int index) throws IOException {
    return ContentHash.ofText(cases.contentHash(index) + " " + cases.values());
  }
}
