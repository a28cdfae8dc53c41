package nmsw.volume.phantom;

import static nmsw.volume.phantom.ScanObjects.also;
import static nmsw.volume.phantom.ScanObjects.each;
import static nmsw.volume.phantom.ScanObjects.everyThird;
import static nmsw.volume.phantom.ScanObjects.one;

import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * How a phantom is scanned, or what is the matter with its series. Several together are applied in the order in which
 * they stand here: first how the patient's box is cut, then how its pixels are stored, then what goes wrong.
 */
public enum ScanOption {
  /** The feet come into the gantry first: rows run to the other side of the patient, slices from head to feet. */
  FEET_FIRST(s -> ScanPlanes.cut(s, s.rowDirection().times(-1), s.columnDirection()), ScanObjects::turnedRound),
  /** The patient lies on the belly, so that rows and columns run the other way. */
  PRONE(
      s -> ScanPlanes.cut(s, s.rowDirection().times(-1), s.columnDirection().times(-1)),
      ScanObjects::turnedOver),
  /** Slices from left to right. */
  SAGITTAL(s -> ScanPlanes.cut(s, new Vec3(0, 1, 0), new Vec3(0, 0, -1))),
  /** Slices from front to back. */
  CORONAL(s -> ScanPlanes.cut(s, new Vec3(1, 0, 0), new Vec3(0, 0, -1))),
  /** Pixels of 0.7 x 0.9 mm (Pixel Spacing 0.7\0.9) where they were 0.8 mm. */
  ANISOTROPIC(s -> ScanPlanes.spaced(s, s.rowSpacing() * 7 / 8, s.columnSpacing() * 9 / 8)),
  /** A quarter of the rows is missing at the bottom: Rows != Columns where they were equal. */
  WIDE(s -> ScanPlanes.cropped(s, s.columns(), s.rows() - s.rows() / 4)),
  /** Columns are 3 more than a multiple of 8. */
  ODD_COLUMNS(s -> ScanPlanes.cropped(s, s.columns() - 8 - s.columns() % 8 + 3, s.rows())),
  /** Distances of 0.7, 1 and 1.3 of what they were, in turn. */
  IRREGULAR(ScanPlanes::irregular),
  /** The gantry leans by 15 degrees: slices shift in their plane. */
  TILTED(s -> ScanPlanes.tilted(s, 15), each(d -> d.putNumber(Tag.GantryDetectorTilt, 15))),
  /** Instance Numbers and file names run against the planes' normal. */
  DESCENDING(ScanPlanes::descending),

  /** Rescale Slope and Intercept differ from slice to slice; 16 bits. */
  RESCALED_BY_SLICE((k, n, d) -> one(ScanObjects.rescaled(d, 0.5 + k % 5 * 0.25, -1024 - k % 3 * 100))),
  /** 12 unsigned bits, all set where no beam came, which is the Pixel Padding Value. */
  PADDED(each(ScanObjects::padded)),
  /** 12 bits with sign in cells of 16 whose upper bits are clear. */
  SIGNED(each(ScanObjects::signed)),

  /** One slice of the middle is lost. */
  SLICE_LOST((k, n, d) -> k == n / 2 ? List.of() : one(d)),
  /** Five slices of the middle are lost. */
  FIVE_SLICES_LOST((k, n, d) -> k >= n / 2 && k < n / 2 + 5 ? List.of() : one(d)),
  /** Every fifth slice is there twice, as objects of their own. */
  SLICES_TWICE((k, n, d) -> k % 5 == 0 ? also(d, "twice", copy -> {}) : one(d)),
  /** A second acquisition of the same slices, by Acquisition Number. */
  TWO_ACQUISITIONS(
      (k, n, d) -> also(d, "second", copy -> ScanObjects.brighter(copy).putInt(Tag.AcquisitionNumber, 2))),
  /** A second phase of the same slices, by Temporal Position Identifier. */
  TWO_PHASES(
      (k, n, d) ->
          also(
              d.putInt(Tag.TemporalPositionIdentifier, 1),
              "second",
              copy -> ScanObjects.brighter(copy).putInt(Tag.TemporalPositionIdentifier, 2))),
  /** A second acquisition of the same slices that nothing tells apart. */
  TWO_UNMARKED((k, n, d) -> also(d, "second", ScanObjects::brighter)),
  /** A localizer in the series. */
  LOCALIZER((k, n, d) -> k == 0 ? also(d, "localizer", ScanObjects::localizer) : one(d)),
  /** Nothing but localizers. */
  ONLY_LOCALIZERS(each(ScanObjects::localizer)),
  /** One image more, of another matrix. */
  STRAY_MATRIX((k, n, d) -> k == 0 ? also(d, "matrix", ScanObjects::halved) : one(d)),
  /** Every third image has another matrix. */
  MIXED_MATRIX(everyThird(ScanObjects::halved)),
  /** One image more, of another orientation. */
  STRAY_ORIENTATION((k, n, d) -> k == 0 ? also(d, "orientation", ScanObjects::reoriented) : one(d)),
  /** Every third image has another orientation. */
  MIXED_ORIENTATION(everyThird(ScanObjects::reoriented)),
  /** One image more, in another frame of reference. */
  STRAY_FRAME_OF_REFERENCE((k, n, d) -> k == 0 ? also(d, "frame", ScanObjects::moved) : one(d)),
  /** Every third image is in another frame of reference. */
  MIXED_FRAME_OF_REFERENCE(everyThird(ScanObjects::moved)),
  /** No Pixel Spacing. */
  NO_PIXEL_SPACING(each(d -> d.remove(Tag.PixelSpacing))),
  /** No Rescale Slope. */
  NO_RESCALE(each(d -> d.remove(Tag.RescaleSlope))),
  /** The first image's pixels end in its last row. */
  PIXELS_CUT((k, n, d) -> one(k == 0 ? ScanObjects.cut(d) : d)),
  /** High-Throughput JPEG 2000, which is not decoded; the fragments hold no image. */
  HTJ2K(each(ScanObjects::encapsulated)),
  /** MR images. */
  MR(each(d -> d.putString(Tag.SOPClassUID, Uid.MRImageStorage).putString(Tag.Modality, "MR"))),
  /** Secondary captures that call their modality CT. */
  SECONDARY_CAPTURE(each(d -> d.putString(Tag.SOPClassUID, Uid.SecondaryCaptureImageStorage))),
  /** Colour images. */
  COLOUR(each(ScanObjects::coloured)),
  /** One Enhanced CT object with a frame for each image, in the order of the files. */
  ENHANCED((k, n, d) -> one(d));

  private final UnaryOperator<SliceStack> planes;
  private final ScanObjects.Change objects;

  ScanOption(UnaryOperator<SliceStack> planes) {
    this(planes, (k, n, d) -> one(d));
  }

  ScanOption(ScanObjects.Change objects) {
    this(s -> s, objects);
  }

  ScanOption(UnaryOperator<SliceStack> planes, ScanObjects.Change objects) {
    this.planes = planes;
    this.objects = objects;
  }

  /** Whether it says how pixels are stored. */
  boolean storesPixels() {
    return this == RESCALED_BY_SLICE || this == PADDED || this == SIGNED;
  }

  SliceStack planes(SliceStack stack) {
    return planes.apply(stack);
  }

  /**
   * What becomes of an image.
   *
   * @param k slice of the stack, of n
   */
  List<Dataset> objects(int k, int n, Dataset image) {
    return objects.of(k, n, image);
  }

  /** As it is written on a command line: small letters and hyphens. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
