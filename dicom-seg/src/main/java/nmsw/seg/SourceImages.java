package nmsw.seg;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.volume.Code;
import nmsw.volume.SliceStack;

/** References to the images that a result was made of. */
final class SourceImages {
  /** How a result came of them: Derivation Code Sequence. */
  static final Code SEGMENTATION = new Code("DCM", "113076", "Segmentation");

  /** What they are to it: Purpose of Reference Code Sequence. */
  static final Code SOURCE_IMAGE =
      new Code("DCM", "121322", "Source image for image processing operation");

  private SourceImages() {}

  /** A new reference to each instance, in the order of the stack; one that holds several slices once. */
  static List<Dataset> references(SliceStack stack) {
    Map<String, Dataset> instances = new LinkedHashMap<>();
    for (SliceStack.Slice slice : stack.slices()) {
      instances.computeIfAbsent(slice.sopInstanceUid(), uid -> reference(slice));
    }
    return List.copyOf(instances.values());
  }

  static Dataset reference(SliceStack.Slice slice) {
    return new Dataset()
        .putString(Tag.ReferencedSOPClassUID, slice.sopClassUid())
        .putString(Tag.ReferencedSOPInstanceUID, slice.sopInstanceUid());
  }
}
