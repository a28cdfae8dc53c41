package nmsw.seg;

import java.util.OptionalDouble;

/**
 * The Pixel Measures functional group (PS3.3 §C.7.6.16.2.1), millimetres.
 *
 * @param rowSpacing between the centres of neighbouring rows
 * @param columnSpacing between the centres of neighbouring columns
 * @param sliceSpacing Spacing Between Slices
 * @param thickness Slice Thickness
 */
record PixelMeasures(
    double rowSpacing, double columnSpacing, OptionalDouble sliceSpacing, OptionalDouble thickness) {}
