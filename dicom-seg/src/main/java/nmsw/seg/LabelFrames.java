package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

  /** By slice, and there by label: the box around its pixels; null where there is none. */
  private final Box[][] boxes;

  private LabelFrames(SliceLabels labels) {
    this.labels = labels;
    boxes = new Box[labels.labels().size()][LABELS];
  }

  /** Rows and columns, "to" exclusive. */
  private static final class Box {
    final int fromRow;
    int toRow;
    int fromColumn = Integer.MAX_VALUE;
    int toColumn;

    Box(int fromRow) {
      this.fromRow = fromRow;
    }
  }

  /** @throws IllegalArgumentException if there is a label that the table does not have */
  static LabelFrames of(SliceLabels labels, LabelTable table) {
    LabelFrames frames = new LabelFrames(labels);
    for (int k = 0; k < labels.labels().size(); k++) {
      frames.locate(k);
    }
    frames.refuseUnknown(table);
    for (LabelClass labelClass : table.classes()) {
      boolean somewhere = Arrays.stream(frames.boxes).anyMatch(slice -> slice[labelClass.index()] != null);
      (somewhere ? frames.present : frames.absent).add(labelClass);
    }
    return frames;
  }

  private void locate(int k) {
    byte[] slice = labels.labels().get(k);
    int columns = labels.stack().columns();
    for (int row = 0; row * columns < slice.length; row++) {
      int first = row * columns;
      int end = first + columns;
      int start = first;
      while (start < end) {
        byte label = slice[start];
        int stop = start + 1;
        while (stop < end && slice[stop] == label) {
          stop++;
        }
        Box box = boxes[k][label & 0xFF];
        if (box == null) {
          box = new Box(row);
          boxes[k][label & 0xFF] = box;
        }
        box.toRow = row + 1;
        box.fromColumn = Math.min(box.fromColumn, start - first);
        box.toColumn = Math.max(box.toColumn, stop - first);
        start = stop;
      }
    }
  }

  private void refuseUnknown(LabelTable table) {
    boolean[] known = new boolean[LABELS];
    known[0] = true;
    for (LabelClass labelClass : table.classes()) {
      known[labelClass.index()] = true;
    }
    for (int k = 0; k < boxes.length; k++) {
      for (int label = 0; label < LABELS; label++) {
        if (boxes[k][label] != null && !known[label]) {
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
    PackedFrames bits = PackedFrames.allocate(1, labels.stack().rows() * labels.stack().columns());
    return source(places((label, k) -> boxes[k][label] != null), 1, place -> draw(place, bits));
  }

  private interface Occurrence {
    boolean of(int label, int slice);
  }

  private List<Place> places(Occurrence occurrence) {
    List<Place> places = new ArrayList<>();
    for (int segment = 1; segment <= present.size(); segment++) {
      for (int k = 0; k < boxes.length; k++) {
        if (occurrence.of(present.get(segment - 1).index(), k)) {
          places.add(new Place(segment, k));
        }
      }
    }
    return places;
  }

  private byte[] draw(Place place, PackedFrames bits) {
    Arrays.fill(bits.bytes(), (byte) 0);
    byte label = (byte) label(place);
    byte[] slice = labels.labels().get(place.slice());
    Box box = boxes[place.slice()][label & 0xFF];
    int columns = labels.stack().columns();
    for (int row = box.fromRow; row < box.toRow; row++) {
      int end = row * columns + box.toColumn;
      int start = row * columns + box.fromColumn;
      while (start < end) {
        while (start < end && slice[start] != label) {
          start++;
        }
        int stop = start;
        while (stop < end && slice[stop] == label) {
          stop++;
        }
        bits.set(0, start, stop);
        start = stop;
      }
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
    for (int k = 0; k < boxes.length; k++) {
      if (Arrays.stream(boxes[k], 1, LABELS).anyMatch(Objects::nonNull)) {
        places.add(new Place(0, k));
      }
    }
    byte[] pixels = new byte[labels.stack().rows() * labels.stack().columns()];
    return source(
        places,
        8,
        place -> {
          byte[] slice = labels.labels().get(place.slice());
          for (int i = 0; i < pixels.length; i++) {
            pixels[i] = numbers[slice[i] & 0xFF];
          }
          return pixels;
        });
  }

  /**
   * FRACTIONAL: segment by segment, slices ascending, where there is a fraction above 0.
   *
   * @throws IllegalArgumentException if a class that is present has none: loaders hang at a segment without frames
   */
  FrameSource fractional(SegmentFractions fractions) {
    int pixels = labels.stack().rows() * labels.stack().columns();
    List<Place> places = places(fractions::any);
    for (int segment = 1; segment <= present.size(); segment++) {
      int number = segment;
      if (places.stream().noneMatch(place -> place.segment() == number)) {
        throw new IllegalArgumentException(
            "class " + present.get(segment - 1).name() + " has voxels, but no fraction anywhere");
      }
    }
    return source(
        places,
        8,
        place -> {
          byte[] frame = fractions.of(label(place), place.slice()).orElseThrow();
          if (frame.length != pixels) {
            throw new IllegalArgumentException(frame.length + " fractions in a slice of " + pixels + " pixels");
          }
          return frame;
        });
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
