package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;

/**
 * A label map cut into one frame per segment and slice that has a voxel of it: segment by segment, slices
 * ascending.
 *
 * <p>Two passes over the labels, whatever the number of classes: the first finds which frames there are, the
 * second writes every run of equal labels into the frame where it belongs.
 *
 * @param present classes with voxels, in the table's order; segment number is index + 1
 * @param absent classes of the table without voxels
 * @param slices {@code slices.get(s)}: the slices that have a frame of segment index {@code s}, ascending
 */
record LabelFrames(
    List<LabelClass> present, List<LabelClass> absent, List<int[]> slices, PackedFrames pixels) {
  private static final int LABELS = 256;

  static LabelFrames of(SliceLabels labels, LabelTable table) {
    boolean[][] found = labelsFound(labels);
    refuseUnknown(found, table);
    List<LabelClass> present = new ArrayList<>();
    List<LabelClass> absent = new ArrayList<>();
    List<int[]> slices = new ArrayList<>();
    int[][] frameOf = new int[found.length][LABELS];
    int frames = 0;
    for (LabelClass labelClass : table.classes()) {
      int[] occupied = slicesWith(labelClass.index(), found);
      if (occupied.length == 0) {
        absent.add(labelClass);
        continue;
      }
      present.add(labelClass);
      slices.add(occupied);
      for (int slice : occupied) {
        frameOf[slice][labelClass.index()] = frames++;
      }
    }
    int pixelsPerFrame = labels.stack().rows() * labels.stack().columns();
    PackedFrames pixels = PackedFrames.allocate(frames, pixelsPerFrame);
    for (int k = 0; k < found.length; k++) {
      pack(labels.labels().get(k), frameOf[k], pixels);
    }
    return new LabelFrames(List.copyOf(present), List.copyOf(absent), List.copyOf(slices), pixels);
  }

  int count() {
    return slices.stream().mapToInt(s -> s.length).sum();
  }

  private static boolean[][] labelsFound(SliceLabels labels) {
    boolean[][] found = new boolean[labels.labels().size()][LABELS];
    for (int k = 0; k < found.length; k++) {
      boolean[] inSlice = found[k];
      for (byte label : labels.labels().get(k)) {
        inSlice[label & 0xFF] = true;
      }
    }
    return found;
  }

  private static void refuseUnknown(boolean[][] found, LabelTable table) {
    boolean[] known = new boolean[LABELS];
    known[0] = true;
    for (LabelClass labelClass : table.classes()) {
      known[labelClass.index()] = true;
    }
    for (int k = 0; k < found.length; k++) {
      for (int label = 0; label < LABELS; label++) {
        if (found[k][label] && !known[label]) {
          throw new IllegalArgumentException(
              "label " + label + " in slice " + k + " is not in the label table of "
                  + table.classes().size() + " classes");
        }
      }
    }
  }

  private static int[] slicesWith(int label, boolean[][] found) {
    int[] slices = new int[found.length];
    int count = 0;
    for (int k = 0; k < found.length; k++) {
      if (found[k][label]) {
        slices[count++] = k;
      }
    }
    return Arrays.copyOf(slices, count);
  }

  private static void pack(byte[] slice, int[] frameOf, PackedFrames pixels) {
    int start = 0;
    while (start < slice.length) {
      byte label = slice[start];
      int end = start + 1;
      while (end < slice.length && slice[end] == label) {
        end++;
      }
      if (label != 0) {
        pixels.set(frameOf[label & 0xFF], start, end);
      }
      start = end;
    }
  }
}
