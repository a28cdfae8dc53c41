package nmsw.training.dataset;

import java.io.IOException;

/**
 * The part of a data set that a finished model is measured on. It is a type of its own, which nothing that trains takes,
 * so that no slip of the hand can train on it or choose weights by it.
 */
public final class TestCases implements LabelledVolumes {
  private final StoredCases cases;

  TestCases(StoredCases cases) {
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
}
