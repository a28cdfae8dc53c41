package nmsw.training.dataset;

import nmsw.volume.GeometryRefusal;

/** A study that does not become a case, and why; the message may hold local names. */
final class CaseRefusal extends Exception {
  private static final long serialVersionUID = 1;

  /** Why a study is left out, and what whoever imports it can do. */
  enum Code {
    UNREADABLE("A file is damaged, cut short or of a kind that is not read: fetch it anew or convert it."),
    NOT_RETRIEVED("The PACS did not send all of the study: see why, and import again."),
    TOO_LARGE("More voxels than fit into memory: give Java more (NMSW_JAVA_OPTS=-Xmx...), or crop or resample the study."),
    NO_IMAGE("Labels without an image: add the image, or remove the labels."),
    NO_LABELS("An image that nothing labels: add the labels; nothing need be done if it is not meant for training."),
    OTHER_GRID("Image and labels are not voxel by voxel the same grid: resample the labels on the image."),
    NOTHING_LABELLED("No voxel is of a class of the model: name the local labels in the mapping, or leave the study out."),
    AMBIGUOUS_LABELS("Two label objects draw the same class: leave one of them."),
    IRREGULAR_SLICES("The slices are not equally far apart, which a data set can not store: resample the series."),
    DUPLICATE("The same image is in the data set already: leave one of the two studies."),
    IMPLAUSIBLE_HU("The values are not Hounsfield units of a body: apply the rescale, or leave the study out if it is no CT."),
    IDENTIFYING("Its pixels may show who the patient is, or it mixes patients: have it cleaned where it came from."),
    BAD_NAME("The name can not become a file name: rename the study, or let it have a pseudonym."),
    CHANGED("The study's files are not those that were imported; a case never changes: import it under another name."),
    OTHER_PART("Its patient's other studies are in another part of the data set: correct the source's split.");

    private final String advice;

    Code(String advice) {
      this.advice = advice;
    }

    String advice() {
      return advice;
    }
  }

  private final Code code;

  CaseRefusal(Code code, String text) {
    super(text);
    this.code = code;
  }

  CaseRefusal(Code code, String text, Throwable cause) {
    super(text, cause);
    this.code = code;
  }

  Code code() {
    return code;
  }

  /** What can be done about a series whose geometry is refused. */
  static String advice(GeometryRefusal.Code code) {
    return switch (code) {
      case NOT_CT, LOCALIZER, SECONDARY_CAPTURE, NOT_MONOCHROME -> "Not a CT series: leave it out.";
      case NO_GEOMETRY -> "Where its voxels lie is not said or can not be: export it again with position and orientation.";
      case TOO_FEW_SLICES -> "Too few slices: export the whole series.";
      case MIXED_FRAME_OF_REFERENCE, MIXED_ORIENTATION, MIXED_MATRIX -> "Several stacks in one series: split it.";
      case DUPLICATE_POSITION -> "Two images at one position: leave one acquisition in the series.";
      case MISSING_SLICES -> "Slices are missing: export the whole series again.";
      case NO_RESCALE, BAD_PIXEL_DATA -> "The stored values can not be read as Hounsfield units: export the series again.";
      case UNSUPPORTED_TRANSFER_SYNTAX -> "Decompress the series (Explicit VR Little Endian).";
    };
  }
}
