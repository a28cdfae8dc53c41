package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.seg.FrameSource.Place;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * Where every frame of a segmentation lies and what it was drawn on: the Multi-frame Dimension and
 * Multi-frame Functional Groups modules (PS3.3 §C.7.6.16, §C.7.6.17).
 */
final class FrameGroups {
  private static final int LONGEST_DECIMAL_STRING = 16;

  private final SliceStack stack;
  private final List<Place> places;
  private final Dataset source;

  FrameGroups(SliceStack stack, List<Place> places, Dataset source) {
    this.stack = stack;
    this.places = places;
    this.source = source;
  }

  /** Adds both modules. */
  void describe(Dataset dataset, ResultUids uids) {
    String organisation = Uid.derived("nmsw.seg", "dimensions", uids.sopInstanceUid());
    dataset
        .putItems(
            Tag.DimensionOrganizationSequence,
            List.of(new Dataset().putString(Tag.DimensionOrganizationUID, organisation)))
        .putItems(Tag.DimensionIndexSequence, dimensions(organisation))
        .putItems(Tag.SharedFunctionalGroupsSequence, List.of(shared()))
        .putItems(Tag.PerFrameFunctionalGroupsSequence, perFrame());
  }

  /** By segment, unless a frame holds all of them, then by position. */
  private List<Dataset> dimensions(String organisation) {
    List<Dataset> dimensions = new ArrayList<>();
    if (!segmentsShareFrames()) {
      dimensions.add(
          dimension(
              organisation, Tag.ReferencedSegmentNumber, Tag.SegmentIdentificationSequence, "Segment Number"));
    }
    dimensions.add(
        dimension(
            organisation, Tag.ImagePositionPatient, Tag.PlanePositionSequence, "Image Position Patient"));
    return dimensions;
  }

  private boolean segmentsShareFrames() {
    return places.get(0).segment() == 0;
  }

  private static Dataset dimension(String organisation, int tag, int group, String label) {
    return new Dataset()
        .putString(Tag.DimensionOrganizationUID, organisation)
        .putBytes(Tag.DimensionIndexPointer, VR.AT, attributeTag(tag))
        .putBytes(Tag.FunctionalGroupPointer, VR.AT, attributeTag(group))
        .putString(Tag.DimensionDescriptionLabel, label);
  }

  /** A tag as a value: group, then element, each little endian (PS3.5 §6.2, AT). */
  private static byte[] attributeTag(int tag) {
    return new byte[] {(byte) (tag >> 16), (byte) (tag >> 24), (byte) tag, (byte) (tag >> 8)};
  }

  private Dataset shared() {
    return new Dataset()
        .putItems(Tag.PixelMeasuresSequence, List.of(measures()))
        .putItems(Tag.PlaneOrientationSequence, List.of(orientation()));
  }

  private Dataset measures() {
    Dataset item = new Dataset();
    putAsInSource(item, Tag.PixelSpacing, stack.rowSpacing(), stack.columnSpacing());
    double spacing = sliceSpacing();
    if (source.number(Tag.SliceThickness).orElse(0) > 0) {
      putAsInSource(item, Tag.SliceThickness, source.number(Tag.SliceThickness).getAsDouble());
    } else if (spacing > 0) {
      item.putNumber(Tag.SliceThickness, spacing);
    }
    if (spacing > 0) {
      item.putNumber(Tag.SpacingBetweenSlices, spacing);
    }
    return item;
  }

  private Dataset orientation() {
    Vec3 row = stack.rowDirection();
    Vec3 column = stack.columnDirection();
    Dataset item = new Dataset();
    putAsInSource(
        item,
        Tag.ImageOrientationPatient,
        row.x(), row.y(), row.z(), column.x(), column.y(), column.z());
    return item;
  }

  /** The source's own characters, where it has that many values of a valid length; else the numbers. */
  private void putAsInSource(Dataset target, int tag, double... numbers) {
    List<String> original = source.strings(tag);
    if (original.size() == numbers.length
        && original.stream().allMatch(text -> text.length() <= LONGEST_DECIMAL_STRING)) {
      target.put(source.get(tag));
    } else {
      target.putNumber(tag, numbers);
    }
  }

  /** Median distance of neighbouring slices of the whole stack, to a nanometre; 0 for a single slice. */
  private double sliceSpacing() {
    double[] gaps = new double[stack.size() - 1];
    for (int k = 0; k < gaps.length; k++) {
      gaps[k] = stack.distance(k + 1) - stack.distance(k);
    }
    Arrays.sort(gaps);
    return gaps.length == 0 ? 0 : Math.round(gaps[gaps.length / 2] * 1e6) / 1e6;
  }

  private List<Dataset> perFrame() {
    int[] positionIndex = positionIndices();
    List<Dataset> derivations = derivations();
    List<Dataset> items = new ArrayList<>(places.size());
    for (Place place : places) {
      items.add(frame(place, positionIndex[place.slice()], derivations.get(place.slice())));
    }
    return items;
  }

  private Dataset frame(Place place, int positionIndex, Dataset derivation) {
    Vec3 position = stack.slices().get(place.slice()).position();
    Dataset content = new Dataset();
    Dataset groups =
        new Dataset()
            .putItems(Tag.FrameContentSequence, List.of(content))
            .putItems(
                Tag.PlanePositionSequence,
                List.of(
                    new Dataset()
                        .putNumber(Tag.ImagePositionPatient, position.x(), position.y(), position.z())))
            .putItems(Tag.DerivationImageSequence, List.of(derivation));
    if (segmentsShareFrames()) {
      content.putInt(Tag.DimensionIndexValues, positionIndex);
      return groups;
    }
    content.putInt(Tag.DimensionIndexValues, place.segment(), positionIndex);
    return groups.putItems(
        Tag.SegmentIdentificationSequence,
        List.of(new Dataset().putInt(Tag.ReferencedSegmentNumber, place.segment())));
  }

  /** Rank of each slice, from 1, among those that have a frame. */
  private int[] positionIndices() {
    boolean[] occupied = new boolean[stack.size()];
    for (Place place : places) {
      occupied[place.slice()] = true;
    }
    int[] index = new int[occupied.length];
    int rank = 0;
    for (int k = 0; k < index.length; k++) {
      index[k] = occupied[k] ? ++rank : 0;
    }
    return index;
  }

  /**
   * The Derivation Image item of each slice; Referenced Frame Number where an instance holds several
   * slices.
   */
  private List<Dataset> derivations() {
    Set<String> seen = new HashSet<>();
    Set<String> multiFrame = new HashSet<>();
    for (SliceStack.Slice slice : stack.slices()) {
      if (!seen.add(slice.sopInstanceUid()) || slice.frame() > 1) {
        multiFrame.add(slice.sopInstanceUid());
      }
    }
    List<Dataset> items = new ArrayList<>(stack.size());
    for (SliceStack.Slice slice : stack.slices()) {
      Dataset image = SourceImages.reference(slice);
      if (multiFrame.contains(slice.sopInstanceUid())) {
        image.putInt(Tag.ReferencedFrameNumber, slice.frame());
      }
      image.putItems(Tag.PurposeOfReferenceCodeSequence, CodeItem.items(SourceImages.SOURCE_IMAGE));
      items.add(
          new Dataset()
              .putItems(Tag.DerivationCodeSequence, CodeItem.items(SourceImages.SEGMENTATION))
              .putItems(Tag.SourceImageSequence, List.of(image)));
    }
    return items;
  }
}
