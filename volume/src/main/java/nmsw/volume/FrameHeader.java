package nmsw.volume;

import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/**
 * The header of one frame as a single-frame CT image would have it, so that only this class knows of functional
 * groups (PS3.3 §C.7.6.16): what the frame's own groups or the shared ones say of its place, values and acquisition
 * stands where CT Image Storage has it. The object's attributes stand beside it, without the groups themselves.
 */
public final class FrameHeader {
  private static final Set<String> MULTI_FRAME =
      Set.of(Uid.EnhancedCTImageStorage, Uid.LegacyConvertedEnhancedCTImageStorage);

  /** What holds for all frames, as far as slices are judged and read by it: so many frames share so little. */
  private static final int[] OF_OBJECT = {
    Tag.ImageType,
    Tag.SOPClassUID,
    Tag.SOPInstanceUID,
    Tag.PixelPresentation,
    Tag.SeriesInstanceUID,
    Tag.AcquisitionNumber,
    Tag.InstanceNumber,
    Tag.FrameOfReferenceUID,
    Tag.SamplesPerPixel,
    Tag.PhotometricInterpretation,
    Tag.NumberOfFrames,
    Tag.Rows,
    Tag.Columns,
    Tag.PixelRepresentation,
    Tag.PixelPaddingValue,
    Tag.PixelPaddingRangeLimit,
  };

  /** Only functional groups say these of an enhanced object; elsewhere in it they are no statement. */
  private static final int[] OF_FRAME = {
    Tag.SliceThickness,
    Tag.ImagePositionPatient,
    Tag.ImageOrientationPatient,
    Tag.PixelSpacing,
    Tag.RescaleIntercept,
    Tag.RescaleSlope,
    Tag.RescaleType,
    Tag.ConvolutionKernel,
  };

  private FrameHeader() {}

  /** Whether the object is an enhanced CT, whose frames are slices. */
  public static boolean isMultiFrame(Dataset object) {
    return object.string(Tag.SOPClassUID).map(MULTI_FRAME::contains).orElse(false);
  }

  /**
   * The number of frames, 1 for a single-frame object.
   *
   * @throws DicomException if an enhanced object does not say it, or does not describe as many frames
   */
  public static int frames(Dataset object) throws DicomException {
    if (!isMultiFrame(object)) {
      return 1;
    }
    int frames = object.requireInt(Tag.NumberOfFrames);
    int described = object.items(Tag.PerFrameFunctionalGroupsSequence).size();
    if (frames < 1 || frames != described) {
      throw DicomException.at(
          Tag.PerFrameFunctionalGroupsSequence, described + " items for " + frames + " frames");
    }
    return frames;
  }

  /**
   * What a slice is judged and read by, of one frame; a single-frame object itself.
   *
   * @param frame from 1, at most {@link #frames}
   */
  public static Dataset of(Dataset object, int frame) {
    if (!isMultiFrame(object)) {
      return object;
    }
    Dataset header = new Dataset();
    for (int tag : OF_OBJECT) {
      if (object.contains(tag)) {
        header.put(object.get(tag));
      }
    }
    Dataset own = object.items(Tag.PerFrameFunctionalGroupsSequence).get(frame - 1);
    Dataset shared = object.item(Tag.SharedFunctionalGroupsSequence).orElseGet(Dataset::new);
    take(own, shared, Tag.PixelMeasuresSequence, header, Tag.PixelSpacing, Tag.SliceThickness);
    take(own, shared, Tag.PlanePositionSequence, header, Tag.ImagePositionPatient);
    take(own, shared, Tag.PlaneOrientationSequence, header, Tag.ImageOrientationPatient);
    take(own, shared, Tag.PixelValueTransformationSequence, header,
        Tag.RescaleIntercept, Tag.RescaleSlope, Tag.RescaleType);
    take(own, shared, Tag.CTImageFrameTypeSequence, header, Tag.PixelPresentation);
    take(own, shared, Tag.UnassignedSharedConvertedAttributesSequence, header, Tag.ConvolutionKernel);
    take(own, shared, Tag.UnassignedPerFrameConvertedAttributesSequence, header, Tag.ConvolutionKernel);
    take(own, shared, Tag.CTReconstructionSequence, header, Tag.ConvolutionKernel);
    group(own, shared, Tag.CTImageFrameTypeSequence)
        .map(type -> type.strings(Tag.FrameType))
        .filter(type -> !type.isEmpty())
        .ifPresent(type -> header.putString(Tag.ImageType, type.toArray(String[]::new)));
    group(own, shared, Tag.FrameContentSequence)
        .ifPresent(
            content -> {
              content.integer(Tag.FrameAcquisitionNumber).ifPresent(n -> header.putInt(Tag.AcquisitionNumber, n));
              content.integer(Tag.TemporalPositionIndex)
                  .ifPresent(n -> header.putInt(Tag.TemporalPositionIdentifier, n));
            });
    return header;
  }

  /** As {@link #of}, with all else that the object says, its functional groups and pixels apart. */
  static Dataset complete(Dataset object, int frame) {
    if (!isMultiFrame(object)) {
      return object;
    }
    Dataset header = object.copy();
    header.remove(Tag.SharedFunctionalGroupsSequence).remove(Tag.PerFrameFunctionalGroupsSequence);
    header.remove(Tag.PixelData);
    for (int tag : OF_FRAME) {
      header.remove(tag);
    }
    return header.putAll(of(object, frame));
  }

  private static void take(Dataset own, Dataset shared, int sequence, Dataset header, int... tags) {
    group(own, shared, sequence)
        .ifPresent(
            item -> {
              for (int tag : tags) {
                if (item.contains(tag)) {
                  header.put(item.get(tag));
                }
              }
            });
  }

  private static Optional<Dataset> group(Dataset own, Dataset shared, int sequence) {
    return own.item(sequence).or(() -> shared.item(sequence));
  }
}
