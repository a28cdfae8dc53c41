package nmsw.dicom.deid;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/**
 * Which objects may show the patient's name in their pixels, or are documents. Pixels are never cleaned here,
 * so such an object is refused.
 *
 * <p>Let through with pixels are only the types that a scanner reconstructs from its measurements, and
 * segmentations; of these not what says that it is annotated, a projection with markers (a localizer), a
 * screen shot, or in colour. All other types with pixels are refused: Secondary Capture, ultrasound,
 * photographs, angiography, radiographs.
 */
final class BurnedInText {
  private static final Set<String> RECONSTRUCTED =
      Set.of(
          Uid.CTImageStorage,
          Uid.EnhancedCTImageStorage,
          Uid.LegacyConvertedEnhancedCTImageStorage,
          Uid.MRImageStorage,
          Uid.EnhancedMRImageStorage,
          Uid.LegacyConvertedEnhancedMRImageStorage,
          Uid.PositronEmissionTomographyImageStorage,
          Uid.EnhancedPETImageStorage,
          Uid.LegacyConvertedEnhancedPETImageStorage,
          Uid.RTDoseStorage,
          Uid.SegmentationStorage,
          Uid.LabelMapSegmentationStorage);
  private static final Set<String> ANNOTATED_TYPES =
      Set.of("LOCALIZER", "SCOUT", "SCREEN SAVE", "SCREENSAVE");
  private static final List<Integer> PIXELS =
      List.of(
          Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData, Tag.PixelDataProviderURL);

  private BurnedInText() {}

  /** Why the object is refused; empty if it isn't. */
  static Optional<String> objection(Dataset object) {
    if (object.contains(Tag.EncapsulatedDocument)) {
      return Optional.of("it holds a document");
    }
    if (PIXELS.stream().noneMatch(object::contains)) {
      return Optional.empty();
    }
    if (object.strings(Tag.BurnedInAnnotation).contains("YES")) {
      return Optional.of("Burned In Annotation is YES");
    }
    String sopClass = object.string(Tag.SOPClassUID).orElse("");
    if (!RECONSTRUCTED.contains(sopClass)) {
      return Optional.of("pixels of this type can show text: " + Uid.nameOf(sopClass));
    }
    for (String value : object.strings(Tag.ImageType)) {
      if (ANNOTATED_TYPES.contains(value)) {
        return Optional.of("Image Type says " + value);
      }
    }
    if (object.integer(Tag.SamplesPerPixel).orElse(1) != 1
        || !object.string(Tag.PhotometricInterpretation).orElse("MONOCHROME2").startsWith("MONOCHROME")) {
      return Optional.of("it is a picture in colour");
    }
    return overlayInPixels(object);
  }

  /** Overlays of old scanners stand in unused bits of the pixels (PS3.3 §C.9.2, retired). */
  private static Optional<String> overlayInPixels(Dataset object) {
    for (Element element : object) {
      int group = element.tag() & 0xFFFF0000;
      boolean ofOverlay = (element.tag() & 0xFF00FFFF) == Tag.OverlayBitsAllocated && !Tag.isPrivate(group);
      if (ofOverlay
          && object.integer(element.tag()).orElse(1) > 1
          && !object.contains(group | Tag.OverlayData & 0xFFFF)) {
        return Optional.of("an overlay stands in unused bits of its pixels");
      }
    }
    return Optional.empty();
  }
}
