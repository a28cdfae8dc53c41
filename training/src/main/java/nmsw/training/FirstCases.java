package nmsw.training;

import java.io.IOException;

/** The first cases of a source. */
record FirstCases(CaseSource source, int most) implements CaseSource {
  @Override
  public int size() {
    return Math.min(most, source.size());
  }

  @Override
  public String id(int index) {
    return source.id(index);
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    return source.load(index);
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return source.original(index);
  }
}
