package nmsw.seg;

import java.util.Optional;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;

/**
 * One segment as a Segmentation describes it (PS3.3 §C.8.20.4), ours or another vendor's.
 *
 * @param number Segment Number, which frames refer to
 * @param label text for people; may be empty
 * @param category segmented property category
 * @param type segmented property type
 * @param modifier modifier of the type, such as a laterality
 * @param region anatomic region
 * @param regionModifier modifier of the region
 * @param algorithmType AUTOMATIC, SEMIAUTOMATIC or MANUAL
 * @param algorithmName name of the algorithm, unless MANUAL
 */
public record SegmentDescription(
    int number,
    String label,
    Optional<Code> category,
    Optional<Code> type,
    Optional<Code> modifier,
    Optional<Code> region,
    Optional<Code> regionModifier,
    String algorithmType,
    Optional<String> algorithmName) {

  /** Whether the codes (scheme and value; meanings are for people) are those of the class. */
  public boolean describes(LabelClass labelClass) {
    return same(type, Optional.of(labelClass.type()))
        && same(modifier, labelClass.modifier())
        && same(region, labelClass.region())
        && same(regionModifier, labelClass.regionModifier());
  }

  private static boolean same(Optional<Code> a, Optional<Code> b) {
    return a.map(SegmentDescription::key).equals(b.map(SegmentDescription::key));
  }

  private static String key(Code code) {
    return code.scheme() + ' ' + code.value();
  }
}
