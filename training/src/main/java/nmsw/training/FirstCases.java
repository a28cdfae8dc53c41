package nmsw.training;

import java.io.IOException;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.dataset.LabelledVolumes;

/** The first of some cases. */
record FirstCases(LabelledVolumes cases, int most) implements LabelledVolumes {
  @Override
  public int size() {
    return Math.min(most, cases.size());
  }

  @Override
  public String id(int index) {
    return cases.id(index);
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return cases.original(index);
  }
}
