package nmsw.training.dataset;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/** Gathers a study's classes into one label per voxel; where they overlap the later one has the voxel. */
final class LabelPainter {
  private final Grid grid;
  private final byte[] labels;
  private final SortedSet<Integer> annotated = new TreeSet<>();
  private final SortedSet<String> unknown = new TreeSet<>();
  private final List<String> findings = new ArrayList<>();
  private long overlapping;

  LabelPainter(Grid grid) {
    this.grid = grid;
    this.labels = new byte[grid.voxels()];
  }

  /**
   * Notes which classes a label object shows where they are in the image.
   *
   * @throws CaseRefusal if another object has shown one of them
   */
  void claim(Collection<Integer> classes, String object) throws CaseRefusal {
    for (int index : classes) {
      if (!annotated.add(index)) {
        throw new CaseRefusal(
            CaseRefusal.Code.AMBIGUOUS_LABELS, object + " draws class " + index + ", as another label object does");
      }
    }
  }

  /** The voxels of the mask that are not 0. */
  void mask(LabelVolume mask, int classIndex) {
    byte[] voxels = mask.labels();
    for (int v = 0; v < voxels.length; v++) {
      if (voxels[v] != 0) {
        paint(v, classIndex);
      }
    }
  }

  /** A label map in the source's values. */
  void map(LabelVolume map, LabelMapping mapping) {
    int[] classOf = new int[256];
    for (int value = 1; value < 256; value++) {
      classOf[value] = mapping.classOf(value).orElse(0);
    }
    boolean[] present = new boolean[256];
    byte[] voxels = map.labels();
    for (int v = 0; v < voxels.length; v++) {
      int value = voxels[v] & 0xff;
      present[value] = true;
      if (classOf[value] != 0) {
        paint(v, classOf[value]);
      }
    }
    for (int value = 1; value < 256; value++) {
      if (present[value] && !mapping.knows(value)) {
        unknown.add(Integer.toString(value));
      }
    }
  }

  /** One slice along z, class indices by {@code y * nx + x}. */
  void slice(int z, byte[] slice) {
    for (int p = 0; p < slice.length; p++) {
      if (slice[p] != 0) {
        paint(z * slice.length + p, slice[p] & 0xff);
      }
    }
  }

  /** One slice along z, set pixels by {@code y * nx + x}. */
  void slice(int z, BitSet pixels, int classIndex) {
    int plane = grid.nx() * grid.ny();
    for (int p = pixels.nextSetBit(0); p >= 0; p = pixels.nextSetBit(p + 1)) {
      paint(z * plane + p, classIndex);
    }
  }

  private void paint(int voxel, int classIndex) {
    byte label = (byte) classIndex;
    overlapping += labels[voxel] != 0 && labels[voxel] != label ? 1 : 0;
    labels[voxel] = label;
  }

  /** A local label that the mapping does not know. */
  void unknown(String name) {
    unknown.add(name);
  }

  /** Voxels that lost one class to another before they came here. */
  void overlapped(long voxels) {
    overlapping += voxels;
  }

  /** Something odd, without local names. */
  void finding(String text) {
    findings.add(text);
  }

  LabelledStudy study(Volume image) {
    if (overlapping > 0) {
      findings.add("OVERLAP " + overlapping + " voxels of two classes");
    }
    return new LabelledStudy(image, new LabelVolume(grid, labels), annotated, unknown, findings);
  }
}
