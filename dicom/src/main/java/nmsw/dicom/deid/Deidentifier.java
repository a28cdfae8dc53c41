package nmsw.dicom.deid;

import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;

/**
 * Removes the identity of the patient from data sets (PS3.15 Annex E, Basic Application Level Confidentiality
 * Profile and the chosen options).
 *
 * <p>With the same key, all objects of a patient keep belonging together: Patient ID and Patient's Name become
 * one pseudonym, made from the Patient ID (from the name where there is no ID, from the Study Instance UID
 * where there is neither), dates move by the same number of days, and equal UIDs become equal UIDs, in
 * whatever order and on whatever day the objects come. Objects can be read by any number of threads at once.
 */
public final class Deidentifier {
  public Deidentifier(DeidentificationKey key, DeidentificationOptions options) {
    throw new UnsupportedOperationException();
  }

  /**
   * A de-identified copy.
   *
   * @throws DicomException if the object's pixels may show text that identifies the patient, or it is a
   *     document; the message says which rule refuses it and names the object by its SOP Instance UID
   */
  public DeidentifiedObject apply(Dataset original) throws DicomException {
    throw new UnsupportedOperationException();
  }
}
