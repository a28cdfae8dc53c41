package nmsw.seg;

import java.awt.image.BufferedImage;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.volume.Code;
import nmsw.volume.SliceStack;

/**
 * Writes a picture of a segmented series as a Secondary Capture Image (PS3.3 §A.8.1), 8 bit RGB, for viewers
 * that show no segmentations.
 */
public final class SecondaryCapture {
  private static final int SERIES_NUMBER_OFFSET = 29000;

  /** Parts of the body that CT examines and that are not one of a pair (PS3.16 Table L-1): they have no side. */
  private static final Set<String> UNPAIRED =
      Set.of(
          "ABDOMEN", "ABDOMENPELVIS", "BRAIN", "CERVIX", "CHEST", "CHESTABDOMEN", "CHESTABDPELVIS", "COLON", "CSPINE",
          "HEAD", "HEADNECK", "HEART", "JAW", "LARYNX", "LIVER", "LSPINE", "LSSPINE", "MEDIASTINUM", "NECK",
          "NECKCHEST", "NECKCHESTABDOMEN", "NECKCHESTABDPELV", "PANCREAS", "PELVIS", "SKULL", "SPINE", "SPLEEN",
          "STERNUM", "TSPINE", "TLSPINE", "WHOLEBODY");

  private static final Code REFORMATTING = new Code("DCM", "113072", "Multiplanar reformatting");

  private SecondaryCapture() {}

  /**
   * Makes the object. As with {@link SegmentationWriter}, everything in it is a function of the arguments.
   *
   * @param picture shows neither the patient's identity nor a date: the object says so (Burned In Annotation)
   * @param stack the images that it was made of
   * @param sourceHeader attributes of one slice of the source series, pixels not needed
   * @param uids those of the segmentation that it shows; the picture's are derived from them
   * @param clock Content Date and Time, in the source's time zone where it names one
   * @throws DicomException if the source lacks an attribute without which no valid object can be written
   * @throws IllegalArgumentException if a text of ours is not ASCII
   */
  public static Dataset write(
      BufferedImage picture,
      SliceStack stack,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock)
      throws DicomException {
    Dataset dataset = new Dataset();
    ResultHeader header = new ResultHeader(sourceHeader, algorithm, equipment, clock);
    header.describe(dataset, Uid.SecondaryCaptureImageStorage, "OT", uids.of("preview"), SERIES_NUMBER_OFFSET, "preview");
    // The picture has no place in space.
    dataset.remove(Tag.PositionReferenceIndicator);
    boolean unpaired = sourceHeader.string(Tag.BodyPartExamined).filter(UNPAIRED::contains).isPresent();
    if (!SourceAttributes.copyIfPresent(sourceHeader, Tag.Laterality, dataset) && !unpaired) {
      dataset.putEmpty(Tag.Laterality);
    }
    header.describeCompression(dataset);
    List<Dataset> derivations = new ArrayList<>(CodeItem.items(REFORMATTING));
    derivations.addAll(CodeItem.items(SourceImages.SEGMENTATION));
    List<Dataset> sources = SourceImages.references(stack);
    sources.forEach(
        image -> image.putItems(Tag.PurposeOfReferenceCodeSequence, CodeItem.items(SourceImages.SOURCE_IMAGE)));
    return dataset
        .putString(Tag.ConversionType, "WSD")
        .putString(Tag.ImageType, "DERIVED", "SECONDARY")
        .putEmpty(Tag.PatientOrientation)
        .putString(Tag.BurnedInAnnotation, "NO")
        .putString(Tag.DerivationDescription, "Slices and reformats with the segmented organs in colour")
        .putItems(Tag.DerivationCodeSequence, derivations)
        .putItems(Tag.SourceImageSequence, sources)
        .putInt(Tag.SamplesPerPixel, 3)
        .putString(Tag.PhotometricInterpretation, "RGB")
        .putInt(Tag.PlanarConfiguration, 0)
        .putInt(Tag.Rows, picture.getHeight())
        .putInt(Tag.Columns, picture.getWidth())
        .putInt(Tag.BitsAllocated, 8)
        .putInt(Tag.BitsStored, 8)
        .putInt(Tag.HighBit, 7)
        .putInt(Tag.PixelRepresentation, 0)
        .putBytes(Tag.PixelData, VR.OB, samples(picture));
  }

  /** Red, green and blue of each pixel, row by row. */
  private static byte[] samples(BufferedImage picture) {
    int columns = picture.getWidth();
    int rows = picture.getHeight();
    int[] colours = picture.getRGB(0, 0, columns, rows, null, 0, columns);
    byte[] samples = new byte[3 * colours.length];
    for (int i = 0; i < colours.length; i++) {
      samples[3 * i] = (byte) (colours[i] >> 16);
      samples[3 * i + 1] = (byte) (colours[i] >> 8);
      samples[3 * i + 2] = (byte) colours[i];
    }
    return samples;
  }
}
