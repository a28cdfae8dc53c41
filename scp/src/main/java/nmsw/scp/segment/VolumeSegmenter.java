package nmsw.scp.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import nmsw.scp.config.Effort;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.segmentation.Deadline;
import nmsw.segmentation.DeviceMemory;
import nmsw.segmentation.PatchBox;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelTable;
import nmsw.volume.PatientBox;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** A loaded model that can be run: what the node needs to know of a network. Used by one thread at a time. */
public interface VolumeSegmenter extends AutoCloseable {
  /**
   * @param spacing voxel size of the volumes that the model takes, mm along the grid's x, y, z
   * @param labels what the label values mean
   */
  record Model(String name, String version, Vec3 spacing, LabelTable labels) {}

  /**
   * What was chosen from what, in voxels of the input's grid.
   *
   * @param chosen patches that the local network looked at, the most important first
   * @param candidates every patch with its importance; none where no importance was asked for
   */
  record Choice(List<PatchBox> chosen, List<PatchBox> candidates) {
    static final Choice NONE = new Choice(List.of(), List.of());

    public Choice {
      chosen = List.copyOf(chosen);
      candidates = List.copyOf(candidates);
    }
  }

  /**
   * @param probabilities on the grid of the input
   * @param patches where the local network looked
   * @param timings of the network's own stages
   * @param parameters how it was run, for people and the result's provenance, e.g. {@code k=8 device=cpu}
   * @param choice how the patches were chosen
   */
  record Result(
      LabelProbabilities probabilities,
      List<PatientBox> patches,
      Timings timings,
      String parameters,
      Choice choice) {
    public Result {
      patches = List.copyOf(patches);
    }

    /** Of a segmenter that chooses no patches. */
    public Result(
        LabelProbabilities probabilities, List<PatientBox> patches, Timings timings, String parameters) {
      this(probabilities, patches, timings, parameters, Choice.NONE);
    }
  }

  /** Told how far the work is, from 0 to 1 within each stage. */
  interface Progress {
    Progress NONE = (stage, fraction) -> {};

    void at(Stage stage, double fraction);
  }

  Model model();

  /** @param volume on a grid of the model's spacing */
  Result segment(Volume volume, Progress progress) throws IOException;

  /**
   * As {@link #segment(Volume, Progress)}, with less effort where there is no time for all of it. A segmenter
   * whose effort is fixed takes the time that it takes.
   */
  default Result segment(Volume volume, Deadline deadline, Progress progress) throws IOException {
    return segment(volume, progress);
  }

  /**
   * As {@link #segment(Volume, Deadline, Progress)}, with an effort that need not be the usual. A segmenter whose effort is
   * fixed makes that.
   *
   * @throws IOException also if the model cannot be run so
   */
  default Result segment(Volume volume, Effort effort, Deadline deadline, Progress progress) throws IOException {
    return segment(volume, deadline, progress);
  }

  /** Does once what would slow the first volume. */
  default void warmUp() {}

  @Override
  void close();

  /** Loads the model in a bundle's folder. */
  interface Loader {
    VolumeSegmenter load(Path bundle) throws IOException;

    /** The device that models are loaded onto, {@code cpu} or {@code cuda:N}; empty where that is not known. */
    default Optional<String> device() {
      return Optional.empty();
    }

    /** Memory of the device that models are loaded onto; empty where it is the host's. */
    default Optional<DeviceMemory> memory() {
      return Optional.empty();
    }
  }
}
