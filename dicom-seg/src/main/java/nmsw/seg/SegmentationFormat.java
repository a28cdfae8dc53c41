package nmsw.seg;

import java.util.Arrays;
import java.util.Locale;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;

/** In which form a destination gets its Segmentation. */
public record SegmentationFormat(Kind kind, Compression compression) {
  /** What every destination reads. */
  public static final SegmentationFormat DEFAULT = new SegmentationFormat(Kind.BINARY, Compression.NONE);

  /** Segmentation Type (PS3.3 §C.8.20.2.3), and what there is to choose within one. */
  public enum Kind {
    /** A bit per pixel, a frame per segment and slice. */
    BINARY,
    /**
     * A byte per pixel, a frame per segment and slice: the probability of the segment. By far the largest; OHIF refuses
     * it.
     */
    FRACTIONAL,
    /**
     * A byte per pixel with the number of its segment, a frame per slice; two bytes if there are more than 255
     * segments. Older archives refuse its SOP class.
     */
    LABELMAP,
    /** A label map with two bytes per pixel whatever the number of segments. */
    LABELMAP16;

    /** Value of the attribute Segmentation Type. */
    String segmentationType() {
      return isLabelMap() ? LABELMAP.name() : name();
    }

    /** Bits Allocated; of {@link #LABELMAP} as long as they hold the numbers of the segments. */
    int bitsAllocated() {
      return switch (this) {
        case BINARY -> 1;
        case FRACTIONAL, LABELMAP -> 8;
        case LABELMAP16 -> 16;
      };
    }

    boolean isLabelMap() {
      return this == LABELMAP || this == LABELMAP16;
    }
  }

  /** All are lossless. */
  public enum Compression {
    NONE(TransferSyntax.EXPLICIT_LE),
    /** The whole data set, functional groups included. */
    DEFLATED(TransferSyntax.DEFLATED_LE),
    /** Frame by frame. Few programs know it of a bit per pixel (BINARY), which PS3.5 §8.2.2 allows. */
    RLE(TransferSyntax.RLE_LOSSLESS);

    private final TransferSyntax transferSyntax;

    Compression(TransferSyntax transferSyntax) {
      this.transferSyntax = transferSyntax;
    }
  }

  /**
   * From words of a configuration, such as {@code labelmap} and {@code deflated}; case does not matter.
   *
   * @throws IllegalArgumentException if a word is none of them; the message lists them
   */
  public static SegmentationFormat parse(String kind, String compression) {
    return new SegmentationFormat(
        word(Kind.class, "kind of segmentation", kind), word(Compression.class, "compression", compression));
  }

  private static <E extends Enum<E>> E word(Class<E> type, String what, String text) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().equalsIgnoreCase(text.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    what + " '" + text + "' is none of "
                        + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
  }

  /** Segmentation Storage, or Label Map Segmentation Storage. */
  public String sopClassUid() {
    return kind.isLabelMap() ? Uid.LabelMapSegmentationStorage : Uid.SegmentationStorage;
  }

  public TransferSyntax transferSyntax() {
    return compression.transferSyntax;
  }

  /** As in a configuration: {@code binary none}. */
  @Override
  public String toString() {
    return (kind + " " + compression).toLowerCase(Locale.ROOT);
  }
}
