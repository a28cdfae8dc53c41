package nmsw.dicom.codec;

/**
 * One subband of a tile.
 *
 * @param orientation of contexts: 0 for LL and LH, 1 for HL, 2 for HH
 * @param x0 first column, in the subband's own coordinates (ITU-T T.800 equation B-15)
 * @param y0 first row
 * @param x1 behind the last column
 * @param y1 behind the last row
 * @param left where column x0 stands among the tile's coefficients
 * @param top where row y0 stands
 * @param planes M_b: the most magnitude bit planes (equation E-2)
 * @param step quantization step
 */
record J2kSubband(int orientation, int x0, int y0, int x1, int y1, int left, int top, int planes, float step) {}
