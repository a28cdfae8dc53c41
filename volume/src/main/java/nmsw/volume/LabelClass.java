package nmsw.volume;

import java.util.Optional;

/**
 * What one label value means.
 *
 * @param index label value, from 1
 * @param name identifier, e.g. {@code kidney_left}
 * @param label text for people
 * @param category segmented property category, e.g. SCT 123037004 Anatomical Structure
 * @param type segmented property type, e.g. SCT 64033007 Kidney
 * @param modifier laterality or the like of the type
 * @param region anatomic region where the type alone does not say it
 * @param regionModifier laterality or the like of the region
 * @param rgb display colour, 0xRRGGBB
 */
public record LabelClass(
    int index,
    String name,
    String label,
    Code category,
    Code type,
    Optional<Code> modifier,
    Optional<Code> region,
    Optional<Code> regionModifier,
    int rgb) {}
