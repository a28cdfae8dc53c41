package nmsw.seg;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.seg.StructureSet.Finding;
import nmsw.seg.StructureSet.Reason;
import nmsw.seg.StructureSet.Roi;
import nmsw.volume.SliceStack;

/**
 * Reads RT Structure Sets (PS3.3 §A.19) as masks on the planes of the CT series that they were drawn on.
 *
 * <p>Contour points, in patient millimetres, become fractional pixel indices by the stack's geometry,
 * whatever its orientation. A pixel is in the mask if its centre is inside by the even-odd rule over all
 * closed contours of the region on that plane: a contour within another is a hole, a keyhole contour has one,
 * and contours side by side are all drawn. Contours that were traced from a mask through the centres of its
 * outermost pixels, as common tools do, hold these pixels too ({@code ContourRaster}).
 */
public final class StructureSetReader {
  private static final int MAX_ROIS = 10_000;
  private static final int MAX_POINTS = 5_000_000;

  private final Dataset dataset;
  private final SliceStack stack;
  private final Dataset header;
  private final String uid;
  private final Map<String, Integer> sliceOfImage = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();

  private StructureSetReader(Dataset dataset, SliceStack stack, Dataset header) {
    this.dataset = dataset;
    this.stack = stack;
    this.header = header;
    this.uid = dataset.string(Tag.SOPInstanceUID).orElse("(no SOP Instance UID)");
    for (int k = 0; k < stack.size(); k++) {
      sliceOfImage.put(stack.slices().get(k).sopInstanceUid(), k);
    }
  }

  /**
   * Reads an object. It belongs to a series if it names one of its images, or the series itself and its Frame
   * of Reference.
   *
   * @param stack the series that it was drawn on
   * @param header attributes of an image of that series
   * @throws DicomException if the object is no RT Structure Set, belongs to another series, or has more
   *     regions or points than any real one
   */
  public static StructureSet read(Dataset dataset, SliceStack stack, Dataset header) throws DicomException {
    return new StructureSetReader(dataset, stack, header).structureSet();
  }

  private StructureSet structureSet() throws DicomException {
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    if (!sopClass.equals(Uid.RTStructureSetStorage)) {
      throw refusal("is of SOP class " + sopClass + ", not RT Structure Set Storage");
    }
    Map<Integer, Dataset> described = described();
    Map<Integer, List<Dataset>> contours = contours(described);
    Map<Integer, Dataset> observations = observations();
    requireSameSeries(described, contours);
    Set<String> frames = framesOfReference();
    List<Roi> rois = new ArrayList<>();
    int points = 0;
    for (Map.Entry<Integer, Dataset> entry : described.entrySet()) {
      int number = entry.getKey();
      Dataset roi = entry.getValue();
      List<Dataset> own = contours.getOrDefault(number, List.of());
      ContourPlacement placement = new ContourPlacement(stack, sliceOfImage, number);
      String frame = frameOfReference(roi);
      if (frame.isEmpty() || frames.contains(frame) || nameImageOfTheStack(own)) {
        for (Dataset contour : own) {
          points += placement.add(contour);
          if (points > MAX_POINTS) {
            throw refusal("has more than " + MAX_POINTS + " contour points");
          }
        }
      } else {
        findings.add(
            new Finding(
                Reason.OTHER_FRAME_OF_REFERENCE, number, 0,
                "Frame of Reference " + frame + "; the images are in " + String.join(", ", frames)));
      }
      rois.add(roi(number, roi, Optional.ofNullable(observations.get(number)), placement));
      findings.addAll(placement.findings());
    }
    return new StructureSet(uid, rois, findings);
  }

  private Roi roi(int number, Dataset roi, Optional<Dataset> observation, ContourPlacement placement) {
    return new Roi(
        number,
        roi.string(Tag.ROIName).orElse(""),
        observation.flatMap(o -> o.string(Tag.RTROIInterpretedType)),
        observation.flatMap(o -> CodeItem.first(o, Tag.RTROIIdentificationCodeSequence)),
        stack,
        placement.polygons());
  }

  private void requireSameSeries(Map<Integer, Dataset> described, Map<Integer, List<Dataset>> contours)
      throws DicomException {
    boolean namesImage =
        dataset.items(Tag.ReferencedFrameOfReferenceSequence).stream().anyMatch(this::namesImageOfTheStack)
            || contours.values().stream().anyMatch(this::nameImageOfTheStack);
    String frame = header.string(Tag.FrameOfReferenceUID).orElse("");
    String series = header.string(Tag.SeriesInstanceUID).orElse("");
    Set<String> named = seriesNamed();
    boolean namesSeries =
        named.contains(series)
            && !frame.isEmpty()
            && described.values().stream().anyMatch(roi -> frameOfReference(roi).equals(frame));
    if (!namesImage && !namesSeries) {
      throw refusal(
          "does not belong to series " + series + " in Frame of Reference " + frame
              + ": it names none of its images, and the series " + named);
    }
  }

  private Set<String> seriesNamed() {
    Set<String> series = new TreeSet<>();
    for (Dataset frame : dataset.items(Tag.ReferencedFrameOfReferenceSequence)) {
      for (Dataset study : frame.items(Tag.RTReferencedStudySequence)) {
        for (Dataset one : study.items(Tag.RTReferencedSeriesSequence)) {
          one.string(Tag.SeriesInstanceUID).ifPresent(series::add);
        }
      }
    }
    return series;
  }

  private static String frameOfReference(Dataset roi) {
    return roi.string(Tag.ReferencedFrameOfReferenceUID).orElse("");
  }

  /**
   * That of the images, and what the object calls it: common tools make a new UID up beside references to the
   * right images.
   */
  private Set<String> framesOfReference() {
    Set<String> frames = new TreeSet<>();
    header.string(Tag.FrameOfReferenceUID).ifPresent(frames::add);
    for (Dataset frame : dataset.items(Tag.ReferencedFrameOfReferenceSequence)) {
      if (namesImageOfTheStack(frame)) {
        frame.string(Tag.FrameOfReferenceUID).ifPresent(frames::add);
      }
    }
    return frames;
  }

  private boolean namesImageOfTheStack(Dataset frame) {
    return imagesOf(frame).stream().anyMatch(sliceOfImage::containsKey);
  }

  private boolean nameImageOfTheStack(List<Dataset> contours) {
    return contours.stream().anyMatch(c -> references(c).stream().anyMatch(sliceOfImage::containsKey));
  }

  private static List<String> imagesOf(Dataset frame) {
    List<String> images = new ArrayList<>();
    for (Dataset study : frame.items(Tag.RTReferencedStudySequence)) {
      for (Dataset series : study.items(Tag.RTReferencedSeriesSequence)) {
        images.addAll(references(series));
      }
    }
    return images;
  }

  private static List<String> references(Dataset item) {
    List<String> images = new ArrayList<>();
    for (Dataset image : item.items(Tag.ContourImageSequence)) {
      image.string(Tag.ReferencedSOPInstanceUID).ifPresent(images::add);
    }
    return images;
  }

  private Map<Integer, Dataset> described() throws DicomException {
    Map<Integer, Dataset> described = new LinkedHashMap<>();
    for (Dataset item : dataset.items(Tag.StructureSetROISequence)) {
      int number = item.integer(Tag.ROINumber).orElse(-1);
      if (number < 0 || described.containsKey(number)) {
        findings.add(new Finding(Reason.BAD_ROI, number, 0, "no ROI Number, or an earlier one's"));
      } else {
        described.put(number, item);
      }
    }
    if (described.size() > MAX_ROIS) {
      throw refusal("has more than " + MAX_ROIS + " regions of interest");
    }
    return described;
  }

  private Map<Integer, List<Dataset>> contours(Map<Integer, Dataset> described) {
    Map<Integer, List<Dataset>> contours = new HashMap<>();
    for (Dataset item : dataset.items(Tag.ROIContourSequence)) {
      int number = item.integer(Tag.ReferencedROINumber).orElse(-1);
      List<Dataset> own = item.items(Tag.ContourSequence);
      if (described.containsKey(number)) {
        contours.computeIfAbsent(number, n -> new ArrayList<>()).addAll(own);
      } else {
        findings.add(
            new Finding(Reason.BAD_ROI, number, own.size(), "contours of a region that is not described"));
      }
    }
    return contours;
  }

  /** The first of each region. */
  private Map<Integer, Dataset> observations() {
    Map<Integer, Dataset> observations = new HashMap<>();
    for (Dataset item : dataset.items(Tag.RTROIObservationsSequence)) {
      observations.putIfAbsent(item.integer(Tag.ReferencedROINumber).orElse(-1), item);
    }
    return observations;
  }

  private DicomException refusal(String what) {
    return new DicomException("RT Structure Set " + uid + " " + what);
  }
}
