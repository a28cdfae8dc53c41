package nmsw.dicom.deid;

import java.util.List;
import nmsw.dicom.Dataset;

/**
 * A data set without the identity of the patient.
 *
 * @param dataset the new data set; it shares the bytes of what was not changed, pixel data among them, with
 *     the one that it was made from
 * @param report what was done, by ascending tag; never a value
 */
public record DeidentifiedObject(Dataset dataset, List<Change> report) {
  /** What was done to an attribute. */
  public enum Action {
    REMOVED,
    /** Its value was removed. */
    EMPTIED,
    /** It has a value that means nothing. */
    REPLACED,
    /** It has the patient's pseudonym. */
    PSEUDONYM,
    UID_REPLACED,
    DATE_SHIFTED,
    /** Some of its words were removed. */
    CLEANED
  }

  /**
   * One attribute, in the data set itself and in the items of all its sequences. What a removed sequence held
   * is not listed.
   *
   * @param count how often
   */
  public record Change(int tag, Action action, int count) {}

  public DeidentifiedObject {
    report = List.copyOf(report);
  }
}
