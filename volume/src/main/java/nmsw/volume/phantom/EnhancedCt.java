package nmsw.volume.phantom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;

/**
 * Makes one Enhanced CT object (PS3.3 §A.38) of single-frame CT images. A functional group that is equal for all frames
 * is shared. The images are called derived, so that nothing need be said of an acquisition that never was.
 */
final class EnhancedCt {
  private static final String FRAME_TYPE_FLAVOUR = "VOLUME";

  /** What belongs to a frame, or to single-frame images only. */
  private static final int[] NOT_OF_OBJECT = {
    Tag.GantryDetectorTilt,
    Tag.KVP,
    Tag.ConvolutionKernel,
    Tag.SliceThickness,
    Tag.AcquisitionNumber,
    Tag.AcquisitionDate,
    Tag.AcquisitionTime,
    Tag.BodyPartExamined,
    Tag.ImagePositionPatient,
    Tag.ImageOrientationPatient,
    Tag.TemporalPositionIdentifier,
    Tag.PixelSpacing,
    Tag.WindowCenter,
    Tag.WindowWidth,
    Tag.RescaleIntercept,
    Tag.RescaleSlope,
    Tag.RescaleType,
    Tag.PixelData,
  };

  private EnhancedCt() {}

  /**
   * @throws IllegalArgumentException if the images differ in their matrix or bits, or are not native 16-bit ones
   */
  static Dataset of(List<Dataset> images) {
    Dataset first = images.get(0);
    Dataset object = first.copy();
    for (int tag : NOT_OF_OBJECT) {
      object.remove(tag);
    }
    String uid = Uid.derived("phantom enhanced", first.string(Tag.SOPInstanceUID).orElseThrow());
    object.putString(Tag.SOPClassUID, Uid.EnhancedCTImageStorage).putString(Tag.SOPInstanceUID, uid);
    describe(object, FRAME_TYPE_FLAVOUR, Tag.ImageType);
    object.putInt(Tag.InstanceNumber, 1).putInt(Tag.NumberOfFrames, images.size());
    object.putString(Tag.ContentQualification, "RESEARCH").putString(Tag.PresentationLUTShape, "IDENTITY");
    object.putString(Tag.BurnedInAnnotation, "NO").putString(Tag.LossyImageCompression, "00");
    object.putItems(Tag.AcquisitionContextSequence, List.of());
    dimensions(object, uid);
    groups(object, images);
    object.putBytes(Tag.PixelData, VR.OW, pixels(images));
    return object;
  }

  private static void describe(Dataset target, String flavour, int typeTag) {
    target.putString(typeTag, "DERIVED", "PRIMARY", flavour, "NONE");
    target.putString(Tag.PixelPresentation, "MONOCHROME");
    target.putString(Tag.VolumetricProperties, "VOLUME");
    target.putString(Tag.VolumeBasedCalculationTechnique, "NONE");
  }

  private static void dimensions(Dataset object, String uid) {
    String organisation = Uid.derived("phantom dimensions", uid);
    object.putItems(
        Tag.DimensionOrganizationSequence,
        List.of(new Dataset().putString(Tag.DimensionOrganizationUID, organisation)));
    object.putItems(
        Tag.DimensionIndexSequence,
        List.of(
            new Dataset()
                .putString(Tag.DimensionOrganizationUID, organisation)
                .putBytes(Tag.DimensionIndexPointer, VR.AT, tag(Tag.InStackPositionNumber))
                .putBytes(Tag.FunctionalGroupPointer, VR.AT, tag(Tag.FrameContentSequence))));
  }

  /** As a value: group, then element, each little endian (PS3.5 §6.2, AT). */
  private static byte[] tag(int tag) {
    return new byte[] {(byte) (tag >> 16), (byte) (tag >> 24), (byte) tag, (byte) (tag >> 8)};
  }

  private static void groups(Dataset object, List<Dataset> images) {
    Map<Integer, Function<Dataset, Dataset>> groups = new LinkedHashMap<>();
    groups.put(Tag.CTImageFrameTypeSequence, EnhancedCt::frameType);
    groups.put(Tag.FrameAnatomySequence, image -> anatomy());
    groups.put(Tag.IrradiationEventIdentificationSequence, EnhancedCt::irradiation);
    groups.put(Tag.PlanePositionSequence, image -> taken(image, Tag.ImagePositionPatient));
    groups.put(Tag.PlaneOrientationSequence, image -> taken(image, Tag.ImageOrientationPatient));
    groups.put(Tag.PixelMeasuresSequence, image -> taken(image, Tag.PixelSpacing, Tag.SliceThickness));
    groups.put(Tag.FrameVOILUTSequence, image -> taken(image, Tag.WindowCenter, Tag.WindowWidth));
    groups.put(
        Tag.PixelValueTransformationSequence,
        image -> taken(image, Tag.RescaleIntercept, Tag.RescaleSlope, Tag.RescaleType));
    Dataset shared = new Dataset();
    List<Dataset> frames = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      frames.add(new Dataset().putItems(Tag.FrameContentSequence, List.of(content(images.get(i), i + 1))));
    }
    groups.forEach(
        (sequence, group) -> {
          List<Dataset> items = images.stream().map(group).toList();
          if (items.stream().allMatch(items.get(0)::equals)) {
            shared.putItems(sequence, List.of(items.get(0)));
          } else {
            for (int i = 0; i < items.size(); i++) {
              frames.get(i).putItems(sequence, List.of(items.get(i)));
            }
          }
        });
    object.putItems(Tag.SharedFunctionalGroupsSequence, List.of(shared));
    object.putItems(Tag.PerFrameFunctionalGroupsSequence, frames);
  }

  private static Dataset frameType(Dataset image) {
    Dataset item = new Dataset();
    boolean localizer = image.strings(Tag.ImageType).contains("LOCALIZER");
    describe(item, localizer ? "LOCALIZER" : FRAME_TYPE_FLAVOUR, Tag.FrameType);
    return item;
  }

  private static Dataset anatomy() {
    Dataset abdomen =
        new Dataset()
            .putString(Tag.CodeValue, "818981001")
            .putString(Tag.CodingSchemeDesignator, "SCT")
            .putString(Tag.CodeMeaning, "Abdomen");
    return new Dataset()
        .putItems(Tag.AnatomicRegionSequence, List.of(abdomen))
        .putString(Tag.FrameLaterality, "U");
  }

  private static Dataset irradiation(Dataset image) {
    String series = image.string(Tag.SeriesInstanceUID).orElseThrow();
    return new Dataset().putString(Tag.IrradiationEventUID, Uid.derived("phantom irradiation", series));
  }

  private static Dataset content(Dataset image, int frame) {
    Dataset item = new Dataset();
    item.putString(Tag.StackID, "1").putInt(Tag.InStackPositionNumber, frame).putInt(Tag.DimensionIndexValues, frame);
    image.integer(Tag.AcquisitionNumber).ifPresent(n -> item.putInt(Tag.FrameAcquisitionNumber, n));
    image.integer(Tag.TemporalPositionIdentifier).ifPresent(n -> item.putInt(Tag.TemporalPositionIndex, n));
    return item;
  }

  private static Dataset taken(Dataset image, int... tags) {
    Dataset item = new Dataset();
    for (int tag : tags) {
      Optional.ofNullable(image.get(tag)).ifPresent(item::put);
    }
    return item;
  }

  private static byte[] pixels(List<Dataset> images) {
    Dataset first = images.get(0);
    int length = 2 * first.integer(Tag.Rows).orElseThrow() * first.integer(Tag.Columns).orElseThrow();
    byte[] pixels = new byte[Math.multiplyExact(length, images.size())];
    for (int i = 0; i < images.size(); i++) {
      byte[] frame = images.get(i).bytes(Tag.PixelData);
      if (frame.length != length
          || !images.get(i).integer(Tag.BitsStored).equals(first.integer(Tag.BitsStored))
          || !images.get(i).integer(Tag.Columns).equals(first.integer(Tag.Columns))) {
        throw new IllegalArgumentException("an enhanced object holds frames of one matrix, 16 bits each and complete");
      }
      System.arraycopy(frame, 0, pixels, i * length, length);
    }
    return pixels;
  }
}
