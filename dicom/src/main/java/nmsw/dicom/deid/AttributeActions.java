package nmsw.dicom.deid;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import nmsw.dicom.Dataset;
import nmsw.dicom.Dictionary;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;
import nmsw.dicom.deid.ConfidentialityTable.Row;
import nmsw.dicom.deid.DeidentificationOptions.PrivateAttribute;
import nmsw.dicom.deid.DeidentifiedObject.Action;
import nmsw.dicom.deid.DeidentifiedObject.Change;

/** Takes the table's actions on one object, items of sequences included, and notes them. */
final class AttributeActions {
  /** Those below belong to a command or a file, not to the object. */
  private static final int FIRST_GROUP = 0x0004;

  private static final int CURVES = 0x5000;
  private static final int OVERLAYS = 0x6000;

  /** Where names of the patient stand, parts of which must not stay in descriptions. */
  private static final List<Integer> NAMES =
      List.of(
          Tag.PatientName, Tag.OtherPatientNames, Tag.PatientBirthName, Tag.PatientMotherBirthName,
          Tag.PatientID, Tag.OtherPatientIDs, Tag.ResponsiblePerson);

  private final Pseudonyms pseudonyms;
  private final DeidentificationOptions options;
  private final DescriptorCleaner cleaner;
  private final String identity;
  private final DateShift shift;
  private final Set<String> names = new HashSet<>();
  private final Map<Change, Integer> counts =
      new TreeMap<>(
          Comparator.comparingLong((Change c) -> Integer.toUnsignedLong(c.tag()))
              .thenComparing(Change::action));

  AttributeActions(
      Dataset object, Pseudonyms pseudonyms, DeidentificationOptions options, DescriptorCleaner cleaner) {
    this.pseudonyms = pseudonyms;
    this.options = options;
    this.cleaner = cleaner;
    this.identity = Pseudonyms.identity(object);
    this.shift = new DateShift(pseudonyms.days(identity));
    for (int tag : NAMES) {
      object.strings(tag).forEach(name -> names.addAll(DescriptorCleaner.tokens(name)));
    }
  }

  /** What stands for the patient. */
  String pseudonym() {
    return pseudonyms.patient(identity);
  }

  List<Change> report() {
    List<Change> report = new ArrayList<>();
    counts.forEach((change, count) -> report.add(new Change(change.tag(), change.action(), count)));
    return report;
  }

  /** Depth is bounded by the reader's limits, or by whoever built the data set. */
  Dataset apply(Dataset original) {
    Dataset result = new Dataset();
    for (Element element : original) {
      if (Tag.isPrivate(element.tag())) {
        applyToPrivate(original, element, result);
      } else {
        applyToStandard(original, element, result);
      }
    }
    return result;
  }

  private void applyToPrivate(Dataset original, Element element, Dataset result) {
    int number = element.tag() & 0xFFFF;
    if (number >= 0x10 && number <= 0xFF) {
      return; // a creator goes with its attributes
    }
    int creatorTag = element.tag() & 0xFFFF0000 | number >>> 8;
    String creator = original.string(creatorTag).orElse("");
    PrivateAttribute attribute =
        new PrivateAttribute(element.tag() >>> 16, creator, number & 0xFF);
    if (creator.isEmpty() || !options.safePrivate().contains(attribute)) {
      note(element.tag(), Action.REMOVED);
      return;
    }
    result.put(original.get(creatorTag));
    keep(element, result);
  }

  private void applyToStandard(Dataset original, Element element, Dataset result) {
    int tag = element.tag();
    int group = tag >>> 16;
    boolean ofGroupsThatGo =
        group < FIRST_GROUP || (group & 0xFF00) == CURVES || (group & 0xFF00) == OVERLAYS;
    if (ofGroupsThatGo || contradictsDictionary(element)) {
      note(tag, Action.REMOVED);
      return;
    }
    Optional<Row> row = ConfidentialityTable.row(tag);
    if (row.isEmpty()) {
      keep(element, result);
    } else if (tag == Tag.PatientID || tag == Tag.PatientName) {
      note(tag, Action.PSEUDONYM);
      result.putString(tag, pseudonym());
    } else if (!takesOption(row.get(), original, element, result)) {
      takesBasicAction(row.get(), original, element, result);
    }
  }

  /** Unknown, or of another kind than its tag says, so that nothing here would know what it holds. */
  private static boolean contradictsDictionary(Element element) {
    Dictionary.Entry entry = Dictionary.lookup(element.tag());
    if (entry == null) {
      return true;
    }
    if (element.isSequence() || entry.vr() == VR.SQ) {
      return !element.isSequence() || entry.vr() != VR.SQ;
    }
    boolean unknown = element.vr() == VR.UN && entry.vr() != VR.UN;
    return !element.isEmpty() && (unknown || element.vr().isText() != entry.vr().isText());
  }

  /** Whether an option has its own action for the attribute, and that could be taken. */
  private boolean takesOption(Row row, Dataset original, Element element, Dataset result) {
    int tag = element.tag();
    VR vr = Dictionary.vrOf(tag);
    if (options.modifiedDates() && row.dates().equals("C") && vr.isText()) {
      Optional<List<String>> shifted = shift.shifted(vr, original.strings(tag));
      shifted.ifPresent(values -> put(tag, values, original.strings(tag), Action.DATE_SHIFTED, result));
      return shifted.isPresent();
    }
    if (options.retainDeviceIdentity() && row.device().equals("K")) {
      keep(element, result);
      return true;
    }
    if (options.cleanDescriptors() && row.descriptors().equals("C") && vr.isLocalized()) {
      return cleans(original, element, result);
    }
    return false;
  }

  private void put(int tag, List<String> values, List<String> before, Action action, Dataset result) {
    if (!values.equals(before)) {
      note(tag, action);
    }
    result.putString(tag, values.toArray(String[]::new));
  }

  /** Whether words are left; what is put is ASCII where words were removed, for any character set. */
  private boolean cleans(Dataset original, Element element, Dataset result) {
    List<String> values = original.strings(element.tag());
    List<String> cleaned = values.stream().map(value -> cleaner.clean(value, names)).toList();
    if (cleaned.equals(values)) {
      result.put(element);
      return true;
    }
    if (cleaned.stream().allMatch(String::isEmpty) || !cleaned.stream().allMatch(AttributeActions::isAscii)) {
      return false;
    }
    put(element.tag(), cleaned, values, Action.CLEANED, result);
    return true;
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7F);
  }

  /**
   * Where the table leaves a choice to the object's type, what every type allows: a dummy rather than an
   * empty value, an empty value rather than none. A sequence has no dummy.
   */
  private void takesBasicAction(Row row, Dataset original, Element element, Dataset result) {
    int tag = element.tag();
    boolean sequence = element.isSequence();
    if (row.allows("U")) {
      putUids(original, tag, result);
    } else if (row.allows("U*")) {
      keep(element, result);
    } else if (row.allows("D") && !sequence && !element.isEmpty()) {
      note(tag, Action.REPLACED);
      result.put(Dummy.of(tag));
    } else if (row.allows("Z") || row.basic().equals("D")) {
      if (!element.isEmpty()) {
        note(tag, Action.EMPTIED);
      }
      result.putEmpty(tag);
    } else {
      note(tag, Action.REMOVED);
    }
  }

  private void putUids(Dataset original, int tag, Dataset result) {
    List<String> uids = original.strings(tag);
    put(tag, uids.stream().map(pseudonyms::uid).toList(), uids, Action.UID_REPLACED, result);
  }

  private void keep(Element element, Dataset result) {
    if (element.isSequence()) {
      result.putItems(element.tag(), element.items().stream().map(this::apply).toList());
    } else {
      result.put(element);
    }
  }

  private void note(int tag, Action action) {
    counts.merge(new Change(tag, action, 0), 1, Integer::sum);
  }
}
