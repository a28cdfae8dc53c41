package nmsw.dicom.deid;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;

/**
 * Removes the identity of the patient from data sets (PS3.15 Annex E, Basic Application Level Confidentiality
 * Profile and the chosen options).
 *
 * <p>With the same key, all objects of a patient keep belonging together: Patient ID and Patient's Name
 * become one pseudonym, made from the Patient ID (from the name where there is no ID, from the Study Instance
 * UID where there is neither), dates move by the same number of days, and equal UIDs become equal UIDs, in
 * whatever order and on whatever day the objects come. Any number of threads may use one.
 *
 * <p>Stricter than the standard: attributes that the data dictionary doesn't know, values whose form
 * contradicts it (a sequence as unknown bytes, text in place of a number) and whole overlay and curve groups
 * are removed; where an option says "clean" and this can't be done without reading (sequences, AE titles),
 * the Basic Profile's action is taken.
 */
public final class Deidentifier {
  private static final String METHOD = "NMSW Node: PS3.15 2024b Table E.1-1";

  private final Pseudonyms pseudonyms;
  private final DeidentificationOptions options;
  private final DescriptorCleaner cleaner;

  public Deidentifier(DeidentificationKey key, DeidentificationOptions options) {
    this.pseudonyms = new Pseudonyms(key);
    this.options = options;
    this.cleaner = new DescriptorCleaner(options.descriptorWords());
  }

  /**
   * A de-identified copy.
   *
   * @throws DicomException if the object's pixels may show text that identifies the patient, or it is a
   *     document; the message says which rule refuses it and names the object by its SOP Instance UID
   */
  public DeidentifiedObject apply(Dataset original) throws DicomException {
    String refusal = BurnedInText.objection(original).orElse(null);
    if (refusal != null) {
      throw new DicomException(
          "object " + original.string(Tag.SOPInstanceUID).orElse("(no SOP Instance UID)")
              + " can't be de-identified: " + refusal);
    }
    AttributeActions actions = new AttributeActions(original, pseudonyms, options, cleaner);
    Dataset result = actions.apply(original);
    result.putString(Tag.PatientID, actions.pseudonym()).putString(Tag.PatientName, actions.pseudonym());
    declare(original, result);
    return new DeidentifiedObject(result, actions.report());
  }

  /** PS3.15 §E.1.1, steps 6 and 7: the result says what was done to it. */
  private void declare(Dataset original, Dataset result) {
    result
        .putString(Tag.PatientIdentityRemoved, "YES")
        .putString(Tag.DeidentificationMethod, METHOD)
        .putItems(Tag.DeidentificationMethodCodeSequence, methodCodes(original))
        .putString(
            Tag.LongitudinalTemporalInformationModified, options.modifiedDates() ? "MODIFIED" : "REMOVED");
  }

  /** CID 7050 of PS3.16, what earlier de-identifications declared included. */
  private List<Dataset> methodCodes(Dataset original) {
    Set<DeidentificationMethod> methods = DeidentificationMethod.of(options);
    for (Dataset item : original.items(Tag.DeidentificationMethodCodeSequence)) {
      DeidentificationMethod.declaredIn(item).ifPresent(methods::add);
    }
    List<Dataset> codes = new ArrayList<>();
    methods.forEach(method -> codes.add(method.code()));
    return codes;
  }
}
