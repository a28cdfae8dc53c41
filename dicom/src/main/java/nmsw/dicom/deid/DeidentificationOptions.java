package nmsw.dicom.deid;

import java.util.Set;

/**
 * Which options of PS3.15 §E.3 go with the Basic Profile.
 *
 * @param modifiedDates Retain Longitudinal Temporal Information With Modified Dates (§E.3.6): dates are moved
 *     back by a number of days that is the patient's own, times of day stay; else both are removed
 * @param cleanDescriptors Clean Descriptors (§E.3.5): of descriptions and labels the words stay that are known
 *     to be harmless (anatomy, technique) and are no part of the patient's names; else they are removed
 * @param descriptorWords words, beside the built-in ones, that may stay in descriptors, such as a label
 *     table's names; compared without regard to case
 * @param retainDeviceIdentity Retain Device Identity (§E.3.8): serial numbers and names of devices stay
 * @param safePrivate private attributes that stay as they are (Retain Safe Private, §E.3.10); all others are
 *     removed
 */
public record DeidentificationOptions(
    boolean modifiedDates,
    boolean cleanDescriptors,
    Set<String> descriptorWords,
    boolean retainDeviceIdentity,
    Set<PrivateAttribute> safePrivate) {

  /** The Basic Profile alone. */
  public static final DeidentificationOptions BASIC =
      new DeidentificationOptions(false, false, Set.of(), false, Set.of());

  /**
   * A private attribute, wherever its creator has reserved a block (PS3.5 §7.8.1).
   *
   * @param group odd
   * @param creator Private Creator, exact
   * @param element the last two hexadecimal digits of the element number
   */
  public record PrivateAttribute(int group, String creator, int element) {
    public PrivateAttribute {
      if ((group & 1) == 0 || group >>> 16 != 0 || element >>> 8 != 0) {
        throw new IllegalArgumentException(
            String.format("(%04X,xx%02X) is no private attribute", group, element));
      }
    }
  }

  public DeidentificationOptions {
    descriptorWords = Set.copyOf(descriptorWords);
    safePrivate = Set.copyOf(safePrivate);
  }
}
