package nmsw.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.cli.DicomFiles;
import nmsw.segmentation.ModelDescription;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.PhantomCases;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * One patient that selections are tried on.
 *
 * @param volume on a grid of the model's spacing
 * @param truth the true labels on the grid that they came on; empty where nobody knows them
 */
record TrialCase(Volume volume, Optional<LabelVolume> truth) {

  /** A case that is made or read when it is needed. */
  interface Source {
    TrialCase load() throws IOException;
  }

  /** Synthetic abdomens of consecutive seeds, as the trainer measures models on. */
  static List<Source> phantoms(long firstSeed, int count, ModelDescription model) {
    Vec3 spacing = model.spacing();
    PhantomCases phantoms = new PhantomCases(firstSeed, count, spacing, model.windowLow());
    List<Source> cases = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int index = i;
      cases.add(
          () -> {
            LabelledVolume phantom = phantoms.original(index);
            Volume image = phantom.image();
            Volume volume = Resampler.resample(image, ModelGrid.forGrid(image.grid(), spacing));
            return new TrialCase(volume, Optional.of(phantom.labels()));
          });
    }
    return cases;
  }

  /**
   * The CT series in a folder and its folders, all read at once: what is refused is told before the work.
   *
   * @throws IOException if a file cannot be read or a series is none that can be trusted; the message names it
   */
  static List<Source> series(Path folder, ModelDescription model) throws IOException {
    Map<String, List<Path>> series = DicomFiles.bySeries(DicomFiles.under(List.of(folder)));
    List<Source> cases = new ArrayList<>();
    for (Map.Entry<String, List<Path>> one : series.entrySet()) {
      TrialCase read = read(one.getKey(), one.getValue(), model.spacing());
      cases.add(() -> read);
    }
    return cases;
  }

  private static TrialCase read(String uid, List<Path> files, Vec3 spacing) throws IOException {
    try {
      CtSeries ct = CtSeriesReader.read(files, GeometryRules.defaults());
      Volume volume = Resampler.toGrid(ct, ModelGrid.forStack(ct.stack(), spacing));
      return new TrialCase(volume, Optional.empty());
    } catch (GeometryRefusal e) {
      throw new IOException("series " + uid + ": " + e.getMessage() + "; take it out of the folder", e);
    }
  }
}
