package nmsw.scp;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** Finds everything brighter than water, at the slices' own spacing. */
class Threshold implements VolumeSegmenter {
  private static final Code ANATOMY = new Code("SCT", "123037004", "Anatomical Structure");
  private static final Code LIVER = new Code("SCT", "10200004", "Liver");

  private final String version;

  Threshold(String version) {
    this.version = version;
  }

  @Override
  public Model model() {
    LabelClass box =
        new LabelClass(
            1,
            "box",
            "Box",
            ANATOMY,
            LIVER,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0xFF0000);
    return new Model("test", version, new Vec3(2.5, 3, 5), new LabelTable(List.of(box)));
  }

  @Override
  public Result segment(Volume volume, Progress progress) {
    byte[] labels = new byte[volume.hounsfield().length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (volume.hounsfield()[i] > 0 ? 1 : 0);
    }
    Timings timings = Timings.NONE;
    for (Stage stage : EnumSet.range(Stage.GLOBAL, Stage.FUSE)) {
      timings = timings.with(stage, Duration.ofMillis(1));
    }
    return new Result(LabelProbabilities.certain(new LabelVolume(volume.grid(), labels)), List.of(), timings, "threshold");
  }

  @Override
  public void close() {}
}
