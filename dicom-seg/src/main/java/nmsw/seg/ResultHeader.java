package nmsw.seg;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.volume.Code;

/**
 * What every object made of a series says alike: patient and study as the source has them, a series of its own
 * in that study, when it was made, and by which machine and algorithm.
 */
final class ResultHeader {
  private static final Code ACQUISITION_EQUIPMENT = new Code("DCM", "109101", "Acquisition Equipment");
  private static final Code PROCESSING_EQUIPMENT = new Code("DCM", "109102", "Processing Equipment");
  private static final int LONGEST_LO = 64;

  private final Dataset source;
  private final AlgorithmIdentification algorithm;
  private final Equipment equipment;
  private final ZonedDateTime created;

  /**
   * @param source attributes of one slice of the source series
   * @param clock when the object is made; in the source's time zone where it names one (Timezone Offset From
   *     UTC), else in the clock's
   */
  ResultHeader(Dataset source, AlgorithmIdentification algorithm, Equipment equipment, Clock clock) {
    this.source = source;
    this.algorithm = algorithm;
    this.equipment = equipment;
    this.created = clock.instant().atZone(zone(source, clock));
  }

  private static ZoneId zone(Dataset header, Clock clock) {
    try {
      return header.string(Tag.TimezoneOffsetFromUTC).<ZoneId>map(ZoneOffset::of).orElse(clock.getZone());
    } catch (DateTimeException notAnOffset) {
      return clock.getZone();
    }
  }

  /**
   * Patient, General Study, General Series, General and Enhanced General Equipment and SOP Common modules.
   *
   * @param seriesNumberOffset added to the source's Series Number
   * @param what the object is, behind the algorithm in its Series Description; may be empty
   */
  void describe(
      Dataset dataset, String sopClassUid, String modality, ResultUids uids, int seriesNumberOffset, String what)
      throws DicomException {
    SourceAttributes.copy(source, dataset);
    dataset
        .putString(Tag.SOPClassUID, sopClassUid)
        .putString(Tag.SOPInstanceUID, uids.sopInstanceUid())
        .putString(Tag.StudyInstanceUID, source.requireString(Tag.StudyInstanceUID))
        .putString(Tag.SeriesInstanceUID, uids.seriesUid())
        .putString(Tag.Modality, modality)
        .putInt(Tag.SeriesNumber, seriesNumber(seriesNumberOffset))
        .putString(Tag.SeriesDescription, description(what))
        .putInt(Tag.InstanceNumber, 1)
        .putString(Tag.ContentDate, DateTimeFormatter.BASIC_ISO_DATE.format(created.toLocalDate()))
        .putString(Tag.ContentTime, DateTimeFormatter.ofPattern("HHmmss").format(created));
    describe(equipment, dataset);
    List<Dataset> contributions = new ArrayList<>(source.items(Tag.ContributingEquipmentSequence));
    source.string(Tag.Manufacturer).ifPresent(name -> contributions.add(scanner()));
    contributions.add(ourContribution());
    dataset.putItems(Tag.ContributingEquipmentSequence, contributions);
  }

  /** Whether the source's pixels were ever compressed with loss, as an image made of them has to say. */
  void describeCompression(Dataset dataset) {
    dataset.putString(Tag.LossyImageCompression, source.string(Tag.LossyImageCompression).orElse("00"));
    SourceAttributes.copyIfPresent(source, Tag.LossyImageCompressionRatio, dataset);
    SourceAttributes.copyIfPresent(source, Tag.LossyImageCompressionMethod, dataset);
  }

  private int seriesNumber(int offset) {
    OptionalInt number = source.integer(Tag.SeriesNumber);
    return number.isPresent() && number.getAsInt() >= 0 && number.getAsInt() <= 1_000_000
        ? offset + number.getAsInt()
        : offset;
  }

  private String description(String what) {
    String text = (algorithm.name() + " " + algorithm.version() + " " + what).strip();
    return Text.ascii(
        text.length() > LONGEST_LO ? text.substring(0, LONGEST_LO) : text, LONGEST_LO, "algorithm name and version");
  }

  private static void describe(Equipment equipment, Dataset target) {
    target
        .putString(Tag.Manufacturer, Text.ascii(equipment.manufacturer(), LONGEST_LO, "manufacturer"))
        .putString(Tag.ManufacturerModelName, Text.ascii(equipment.model(), LONGEST_LO, "model name"))
        .putString(Tag.DeviceSerialNumber, Text.ascii(equipment.serialNumber(), LONGEST_LO, "serial number"))
        .putString(
            Tag.SoftwareVersions, Text.ascii(equipment.softwareVersion(), LONGEST_LO, "software version"));
  }

  private Dataset scanner() {
    Dataset item = new Dataset();
    int[] copied = {
      Tag.Manufacturer,
      Tag.InstitutionName,
      Tag.StationName,
      Tag.InstitutionalDepartmentName,
      Tag.ManufacturerModelName,
      Tag.DeviceSerialNumber,
      Tag.SoftwareVersions,
    };
    for (int tag : copied) {
      SourceAttributes.copyIfPresent(source, tag, item);
    }
    return item.putItems(Tag.PurposeOfReferenceCodeSequence, CodeItem.items(ACQUISITION_EQUIPMENT));
  }

  private Dataset ourContribution() {
    Dataset item = new Dataset();
    describe(equipment, item);
    String description = "Segmentation by " + algorithm.name() + " " + algorithm.version();
    if (!algorithm.parameters().isBlank()) {
      description += "; " + algorithm.parameters();
    }
    return item.putString(
            Tag.ContributionDescription, Text.ascii(description, 1024, "algorithm parameters"))
        .putString(
            Tag.ContributionDateTime, DateTimeFormatter.ofPattern("yyyyMMddHHmmssxx").format(created))
        .putItems(Tag.PurposeOfReferenceCodeSequence, CodeItem.items(PROCESSING_EQUIPMENT));
  }
}
