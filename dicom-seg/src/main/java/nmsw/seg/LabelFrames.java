package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import nmsw.seg.FrameSource.Place;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * Which classes of a label map have voxels, and where: found in one pass over the labels, whatever the number of
 * classes. What draws frames then looks only at the part of a slice where a class is.
 */
final class LabelFrames {
  /** More segments than a byte has numbers for. */
  private static final int WIDE = 256;

  private final LabelRuns labels;
  private final int rows;
  private final int columns;
  private final List<LabelClass> present = new ArrayList<>();
  private final List<LabelClass> absent = new ArrayList<>();

  /** By slice, and there by class of the table: the box around its pixels; null where there is none. */
  private final Box[][] boxes;

  /** By label: the place of its class in the table; -1 where it has none. */
  private final int[] classOf;

  /** The place of the class of each segment in the table. */
  private final int[] classOfSegment;

  private LabelFrames(LabelRuns labels, LabelTable table) {
    this.labels = labels;
    rows = labels.stack().rows();
    columns = labels.stack().columns();
    List<LabelClass> classes = table.classes();
    boxes = new Box[labels.stack().size()][classes.size()];
    classOf = new int[classes.isEmpty() ? 1 : classes.get(classes.size() - 1).index() + 1];
    Arrays.fill(classOf, -1);
    for (int c = 0; c < classes.size(); c++) {
      classOf[classes.get(c).index()] = c;
    }
    for (int k = 0; k < boxes.length; k++) {
      locate(k, classes.size());
    }
    classOfSegment =
        IntStream.range(0, classes.size())
            .filter(c -> Arrays.stream(boxes).anyMatch(slice -> slice[c] != null))
            .toArray();
    Arrays.stream(classOfSegment).forEach(c -> present.add(classes.get(c)));
    absent.addAll(classes);
    absent.removeAll(present);
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
  static LabelFrames of(LabelRuns labels, LabelTable table) {
    return new LabelFrames(labels, table);
  }

  private void locate(int k, int classes) {
    LabelRuns.Slice slice = labels.slice(k);
    for (int row = 0; row < rows; row++) {
      int first = row * columns;
      int end = first + columns;
      int start = first;
      while (start < end) {
        int label = slice.label(start);
        int stop = slice.end(start, end);
        if (label != 0) {
          Box box = box(k, label, row, classes);
          box.toRow = row + 1;
          box.fromColumn = Math.min(box.fromColumn, start - first);
          box.toColumn = Math.max(box.toColumn, stop - first);
        }
        start = stop;
      }
    }
  }

  /** The box of a label on a slice, begun at the row if there is none. */
  private Box box(int k, int label, int row, int classes) {
    int c = label < classOf.length ? classOf[label] : -1;
    if (c < 0) {
      throw new IllegalArgumentException(
          "label " + label + " in slice " + k + " is not in the label table of " + classes + " classes");
    }
    if (boxes[k][c] == null) {
      boxes[k][c] = new Box(row);
    }
    return boxes[k][c];
  }

  /** Classes with voxels, in the table's order; segment number is index + 1. */
  List<LabelClass> present() {
    return present;
  }

  /** Classes of the table without voxels. */
  List<LabelClass> absent() {
    return absent;
  }

  private int label(int segment) {
    return present.get(segment - 1).index();
  }

  /** BINARY: segment by segment, slices ascending, where there is a voxel. */
  FrameSource binary() {
    PackedFrames bits = PackedFrames.allocate(1, rows * columns);
    return source(
        places((segment, k) -> boxes[k][classOfSegment[segment - 1]] != null), 1, place -> draw(place, bits));
  }

  private interface Occurrence {
    boolean of(int segment, int slice);
  }

  private List<Place> places(Occurrence occurrence) {
    List<Place> places = new ArrayList<>();
    for (int segment = 1; segment <= present.size(); segment++) {
      for (int k = 0; k < boxes.length; k++) {
        if (occurrence.of(segment, k)) {
          places.add(new Place(segment, k));
        }
      }
    }
    return places;
  }

  private byte[] draw(Place place, PackedFrames bits) {
    Arrays.fill(bits.bytes(), (byte) 0);
    int label = label(place.segment());
    LabelRuns.Slice slice = labels.slice(place.slice());
    Box box = boxes[place.slice()][classOfSegment[place.segment() - 1]];
    for (int row = box.fromRow; row < box.toRow; row++) {
      int end = row * columns + box.toColumn;
      int start = slice.next(label, row * columns + box.fromColumn, end);
      while (start < end) {
        int stop = slice.end(start, end);
        bits.set(0, start, stop);
        start = slice.next(label, stop, end);
      }
    }
    return bits.bytes();
  }

  /**
   * LABELMAP: the slices with a voxel, ascending; a pixel is the number of its segment, 0 where it has none. Two
   * bytes a pixel where one does not hold all numbers.
   *
   * @param wide two bytes whatever the number of segments
   */
  FrameSource labelmap(boolean wide) {
    int[] numbers = new int[classOf.length];
    for (int i = 0; i < present.size(); i++) {
      numbers[present.get(i).index()] = i + 1;
    }
    List<Place> places = new ArrayList<>();
    for (int k = 0; k < boxes.length; k++) {
      if (Arrays.stream(boxes[k]).anyMatch(Objects::nonNull)) {
        places.add(new Place(0, k));
      }
    }
    int bytes = wide || present.size() >= WIDE ? 2 : 1;
    byte[] pixels = new byte[bytes * rows * columns];
    return source(
        places,
        8 * bytes,
        place -> {
          LabelRuns.Slice slice = labels.slice(place.slice());
          for (int start = 0; start < rows * columns; ) {
            int stop = slice.end(start, rows * columns);
            fill(pixels, bytes, start, stop, numbers[slice.label(start)]);
            start = stop;
          }
          return pixels;
        });
  }

  /** Little endian. */
  private static void fill(byte[] pixels, int bytes, int from, int to, int number) {
    if (bytes == 1) {
      Arrays.fill(pixels, from, to, (byte) number);
      return;
    }
    for (int i = 2 * from; i < 2 * to; i += 2) {
      pixels[i] = (byte) number;
      pixels[i + 1] = (byte) (number >> 8);
    }
  }

  /**
   * FRACTIONAL: segment by segment, slices ascending, where there is a fraction above 0.
   *
   * @throws IllegalArgumentException if a class that is present has none: loaders hang at a segment without frames
   */
  FrameSource fractional(SegmentFractions fractions) {
    List<Place> places = places((segment, k) -> fractions.any(label(segment), k));
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
          byte[] frame = fractions.of(label(place.segment()), place.slice()).orElseThrow();
          if (frame.length != rows * columns) {
            throw new IllegalArgumentException(
                frame.length + " fractions in a slice of " + rows * columns + " pixels");
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
