package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.seg.FrameSource.Place;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;

/**
 * Which classes of a label map have voxels, and where: found in one pass over the labels, whatever the number of
 * classes. What draws frames then looks only at the part of a slice where a class is.
 */
final class LabelFrames {
  private static final int LABELS = 256;

  private final SliceLabels labels;
  private final List<LabelClass> present = new ArrayList<>();
  private final List<LabelClass> absent = new ArrayList<>();

  /** By slice and label: index of the first pixel, and of the one after the last; 0 if there is none. */
  private final int[][] from;
  private final int[][] to;

  private LabelFrames(SliceLabels labels) {
    this.labels = labels;
    from = new int[labels.labels().size()][LABELS];
    to = new int[labels.labels().size()][LABELS];
  }

  /** @throws IllegalArgumentException if there is a label that the table does not have */
  static LabelFrames of(SliceLabels labels, LabelTable table) {
    LabelFrames frames = new LabelFrames(labels);
    for (int k = 0; k < labels.labels().size(); k++) {
      frames.locate(k);
    }
    frames.refuseUnknown(table);
    for (LabelClass labelClass : table.classes()) {
      boolean somewhere = Arrays.stream(frames.to).anyMatch(end -> end[labelClass.index()] > 0);
      (somewhere ? frames.present : frames.absent).add(labelClass);
    }
    return frames;
  }

  private void locate(int k) {
    byte[] slice = labels.labels().get(k);
    int start = 0;
    while (start < slice.length) {
      byte label = slice[start];
      int end = start + 1;
      while (end < slice.length && slice[end] == label) {
        end++;
      }
      if (to[k][label & 0xFF] == 0) {
        from[k][label & 0xFF] = start;
      }
      to[k][label & 0xFF] = end;
      start = end;
    }
  }

  private void refuseUnknown(LabelTable table) {
    boolean[] known = new boolean[LABELS];
    known[0] = true;
    for (LabelClass labelClass : table.classes()) {
      known[labelClass.index()] = true;
    }
    for (int k = 0; k < to.length; k++) {
      for (int label = 0; label < LABELS; label++) {
        if (to[k][label] > 0 && !known[label]) {
          throw new IllegalArgumentException(
              "label " + label + " in slice " + k + " is not in the label table of "
                  + table.classes().size() + " classes");
        }
      }
    }
  }

  /** Classes with voxels, in the table's order; segment number is index + 1. */
  List<LabelClass> present() {
    return present;
  }

  /** Classes of the table without voxels. */
  List<LabelClass> absent() {
    return absent;
  }

  private int label(Place place) {
    return present.get(place.segment() - 1).index();
  }

  /** BINARY: segment by segment, slices ascending, where there is a voxel. */
  FrameSource binary() {
    List<Place> places = new ArrayList<>();
    for (int segment = 1; segment <= present.size(); segment++) {
      for (int k = 0; k < to.length; k++) {
        Place place = new Place(segment, k);
        if (to[k][label(place)] > 0) {
          places.add(place);
        }
      }
    }
    return source(places, 1, this::bits);
  }

  private byte[] bits(Place place) {
    int label = label(place);
    byte[] slice = labels.labels().get(place.slice());
    PackedFrames bits = PackedFrames.allocate(1, slice.length);
    int end = to[place.slice()][label];
    int start = from[place.slice()][label];
    while (start < end) {
      int stop = start;
      while (stop < end && (slice[stop] & 0xFF) == label) {
        stop++;
      }
      bits.set(0, start, stop);
      start = stop + 1;
    }
    return bits.bytes();
  }

  /** LABELMAP: the slices with a voxel, ascending; a pixel is the number of its segment, 0 where it has none. */
  FrameSource labelmap() {
    byte[] numbers = new byte[LABELS];
    for (int i = 0; i < present.size(); i++) {
      numbers[present.get(i).index()] = (byte) (i + 1);
    }
    List<Place> places = new ArrayList<>();
    for (int k = 0; k < to.length; k++) {
      if (Arrays.stream(to[k], 1, LABELS).anyMatch(end -> end > 0)) {
        places.add(new Place(0, k));
      }
    }
    return source(
        places,
        8,
        place -> {
          byte[] pixels = labels.labels().get(place.slice()).clone();
          for (int i = 0; i < pixels.length; i++) {
            pixels[i] = numbers[pixels[i] & 0xFF];
          }
          return pixels;
        });
  }

  /** FRACTIONAL: segment by segment, slices ascending, where there is a fraction above 0. */
  FrameSource fractional(SegmentFractions fractions) {
    int pixels = labels.stack().rows() * labels.stack().columns();
    List<Place> places = new ArrayList<>();
    for (int segment = 1; segment <= present.size(); segment++) {
      for (int k = 0; k < to.length; k++) {
        Place place = new Place(segment, k);
        byte[] frame = fractions.of(label(place), k).orElse(null);
        if (frame != null && frame.length != pixels) {
          throw new IllegalArgumentException(
              frame.length + " fractions in a slice of " + pixels + " pixels");
        }
        if (frame != null && anyAboveZero(frame)) {
          places.add(place);
        }
      }
    }
    return source(places, 8, place -> fractions.of(label(place), place.slice()).orElseThrow());
  }

  private static boolean anyAboveZero(byte[] frame) {
    for (byte value : frame) {
      if (value != 0) {
        return true;
      }
    }
    return false;
  }

  private interface Drawing {
    byte[] pixels(Place place);
  }

  private static FrameSource source(List<Place> places, int bitsAllocated, Drawing drawing) {
    return new FrameSource() {
      @Override
      public List<Place> places() {
        return places;
      }

      @Override
      public int bitsAllocated() {
        return bitsAllocated;
      }

      @Override
      public byte[] pixels(int frame) {
        return drawing.pixels(places.get(frame));
      }
    };
  }
}
