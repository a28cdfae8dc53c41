package nmsw.training;

import java.io.IOException;
import java.util.Set;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.dataset.TrainableCases;
import nmsw.volume.Grid;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.Vec3;

/** Cases of a data set, resampled to the model's grid. */
record NiftiCases(TrainableCases cases, Vec3 spacing, double windowLow) implements CaseSource {
  @Override
  public int size() {
    return cases.size();
  }

  @Override
  public String id(int index) {
    return cases.id(index);
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return cases.original(index);
  }

  @Override
  public Set<Integer> unannotated(int index) {
    return cases.unannotated(index);
  }

  @Override
  public String fingerprint(int index) throws IOException {
    return cases.contentHash(index) + " " + spacing + " " + windowLow;
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    LabelledVolume source = original(index);
    Grid grid = ModelGrid.forGrid(source.image().grid(), spacing);
    try {
      return TrainingCase.of(
          new LabelledVolume(
              id(index),
              Resampler.resample(source.image(), grid),
              Resampler.resample(source.labels(), grid),
              source.unannotated()),
          windowLow);
    } catch (IllegalArgumentException e) {
      throw new IOException(id(index) + ": " + e.getMessage(), e);
    }
  }
}
