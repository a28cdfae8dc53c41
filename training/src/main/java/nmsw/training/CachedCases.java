package nmsw.training;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Keeps loaded cases in memory, about three bytes per voxel of the body. */
final class CachedCases implements CaseSource {
  private final CaseSource source;
  private final Map<Integer, TrainingCase> cases = new HashMap<>();

  CachedCases(CaseSource source) {
    this.source = source;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public String id(int index) {
    return source.id(index);
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    TrainingCase loaded = cases.get(index);
    if (loaded == null) {
      loaded = source.load(index);
      cases.put(index, loaded);
    }
    return loaded;
  }
}
