package nmsw.scp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.Timings;
import nmsw.segmentation.PatchBox;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import nmsw.volume.phantom.AbdomenPhantom;

/** Knows the phantom; the more of it a patch holds, the more important it is. */
public final class Omniscient implements VolumeSegmenter {
  private static final int K = 5;

  private final AbdomenPhantom phantom;

  public Omniscient(AbdomenPhantom phantom) {
    this.phantom = phantom;
  }

  @Override
  public Model model() {
    return new Model("test", "1", new Vec3(3, 3, 3), AbdomenPhantom.labelTable());
  }

  @Override
  public Result segment(Volume volume, Progress progress) {
    Grid grid = volume.grid();
    LabelVolume labels = phantom.labels(grid);
    PatchGrid cells = PatchGrid.of(new Int3(grid.nx(), grid.ny(), grid.nz()), Int3.cube(32), 0.5);
    List<PatchBox> candidates = new ArrayList<>();
    for (int cell = 0; cell < cells.cells(); cell++) {
      float share = share(labels, cells.start(cell), cells.patch());
      candidates.add(new PatchBox(cells.start(cell), cells.patch(), 20 * share - 4));
    }
    List<PatchBox> chosen =
        candidates.stream().sorted(Comparator.comparingDouble(patch -> -patch.importance())).limit(K).toList();
    return new Result(
        LabelProbabilities.certain(labels), List.of(), Timings.NONE, "k=" + K + " device=none", new Choice(chosen, candidates));
  }

  /** Of organs, in a patch. */
  private static float share(LabelVolume labels, Int3 start, Int3 size) {
    int organs = 0;
    for (int k = start.z(); k < start.z() + size.z(); k++) {
      for (int j = start.y(); j < start.y() + size.y(); j++) {
        for (int i = start.x(); i < start.x() + size.x(); i++) {
          organs += labels.labels()[labels.grid().index(i, j, k)] != 0 ? 1 : 0;
        }
      }
    }
    return (float) organs / (size.x() * size.y() * size.z());
  }

  @Override
  public void close() {}
}
