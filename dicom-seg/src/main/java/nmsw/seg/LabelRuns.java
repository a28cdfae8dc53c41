package nmsw.seg;

import java.util.Arrays;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.WideSliceLabels;

/** Labels on slices as runs of equal ones, whatever their width. Pixels are counted row by row. */
interface LabelRuns {
  SliceStack stack();

  /** The label of a pixel, unsigned. */
  int label(int slice, int pixel);

  /**
   * One past the last pixel of the run of one label that begins at a pixel.
   *
   * @param limit where the run ends at the latest, above {@code from}
   */
  int end(int slice, int from, int limit);

  static LabelRuns of(SliceLabels labels) {
    return new LabelRuns() {
      @Override
      public SliceStack stack() {
        return labels.stack();
      }

      @Override
      public int label(int slice, int pixel) {
        return labels.labels().get(slice)[pixel] & 0xFF;
      }

      @Override
      public int end(int slice, int from, int limit) {
        byte[] pixels = labels.labels().get(slice);
        int same = Arrays.mismatch(pixels, from, limit - 1, pixels, from + 1, limit);
        return same < 0 ? limit : from + 1 + same;
      }
    };
  }

  static LabelRuns of(WideSliceLabels labels) {
    return new LabelRuns() {
      @Override
      public SliceStack stack() {
        return labels.stack();
      }

      @Override
      public int label(int slice, int pixel) {
        return labels.labels().get(slice)[pixel];
      }

      @Override
      public int end(int slice, int from, int limit) {
        char[] pixels = labels.labels().get(slice);
        int same = Arrays.mismatch(pixels, from, limit - 1, pixels, from + 1, limit);
        return same < 0 ? limit : from + 1 + same;
      }
    };
  }
}
