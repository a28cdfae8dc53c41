package nmsw.training.dataset;

import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/** Gathers a study's classes into one label per voxel. */
final class LabelPainter {
  private final Grid grid;
  private final byte[] labels;
  private final SortedSet<Integer> annotated = new TreeSet<>();
  private final SortedSet<String> unknown = new TreeSet<>();
  private long overlapping;

  LabelPainter(Grid grid) {
    this.grid = grid;
    this.labels = new byte[grid.voxels()];
  }

  /** The class's voxels are those of the mask that are not 0. */
  void mask(LabelVolume mask, int classIndex) {
    annotated.add(classIndex);
    byte label = (byte) classIndex;
    byte[] voxels = mask.labels();
    for (int v = 0; v < voxels.length; v++) {
      if (voxels[v] != 0) {
        overlapping += labels[v] != 0 && labels[v] != label ? 1 : 0;
        labels[v] = label;
      }
    }
  }

  /**
   * Takes over a label map.
   *
   * @param lookedFor classes that it shows where they are in the image
   */
  void map(LabelVolume map, LabelMapping mapping, SortedSet<Integer> lookedFor) {
    annotated.addAll(lookedFor);
    byte[] classOf = new byte[256];
    for (int value = 1; value < 256; value++) {
      classOf[value] = (byte) mapping.classOf(value).orElse(0);
    }
    boolean[] present = new boolean[256];
    byte[] voxels = map.labels();
    for (int v = 0; v < voxels.length; v++) {
      labels[v] = classOf[voxels[v] & 0xff];
      present[voxels[v] & 0xff] = true;
    }
    for (int value = 1; value < 256; value++) {
      if (present[value] && !mapping.knows(value)) {
        unknown.add(Integer.toString(value));
      }
    }
  }

  void unknown(String name) {
    unknown.add(name);
  }

  LabelledStudy study(Volume image) {
    return new LabelledStudy(image, new LabelVolume(grid, labels), annotated, unknown, overlapping, 0);
  }
}
