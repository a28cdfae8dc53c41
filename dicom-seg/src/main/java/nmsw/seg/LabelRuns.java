package nmsw.seg;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.WideSliceLabels;

/** Labels on the slices of a stack as runs of equal ones, whatever their width. */
record LabelRuns(SliceStack stack, IntFunction<Slice> slices) {

  /** One slice; pixels are counted row by row. */
  interface Slice {
    /** The label of a pixel, unsigned. */
    int label(int pixel);

    /**
     * One past the last pixel of the run of one label that begins at a pixel.
     *
     * @param limit where the run ends at the latest, above {@code from}
     */
    int end(int from, int limit);

    /** The first pixel of a label from a pixel on; the limit if there is none before it. */
    int next(int label, int from, int limit);
  }

  static LabelRuns of(SliceLabels labels) {
    List<byte[]> slices = labels.labels();
    return new LabelRuns(labels.stack(), k -> new Bytes(slices.get(k)));
  }

  static LabelRuns of(WideSliceLabels labels) {
    List<char[]> slices = labels.labels();
    return new LabelRuns(labels.stack(), k -> new Chars(slices.get(k)));
  }

  Slice slice(int k) {
    return slices.apply(k);
  }

  private record Bytes(byte[] labels) implements Slice {
    @Override
    public int label(int pixel) {
      return labels[pixel] & 0xFF;
    }

    @Override
    public int end(int from, int limit) {
      int same = Arrays.mismatch(labels, from, limit - 1, labels, from + 1, limit);
      return same < 0 ? limit : from + 1 + same;
    }

    @Override
    public int next(int label, int from, int limit) {
      byte wanted = (byte) label;
      int at = from;
      while (at < limit && labels[at] != wanted) {
        at++;
      }
      return at;
    }
  }

  private record Chars(char[] labels) implements Slice {
    @Override
    public int label(int pixel) {
      return labels[pixel];
    }

    @Override
    public int end(int from, int limit) {
      int same = Arrays.mismatch(labels, from, limit - 1, labels, from + 1, limit);
      return same < 0 ? limit : from + 1 + same;
    }

    @Override
    public int next(int label, int from, int limit) {
      int at = from;
      while (at < limit && labels[at] != label) {
        at++;
      }
      return at;
    }
  }
}
