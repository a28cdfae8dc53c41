package nmsw.dicom.codec;

/** A tile's coefficients, each subband in its corner, which the inverse transform turns into samples. */
interface J2kPlane {
  /**
   * Places a block.
   *
   * @param doubled its coefficients, row by row, the last bit half a step
   */
  void put(J2kCodeBlock block, int[] doubled, float step);

  /**
   * Undoes one level of the transform in the upper left corner (ITU-T T.800 §F.3).
   *
   * @param x0 first column of the resolution that results, whose parity counts
   * @param y0 first row
   * @param x1 behind the last column
   * @param y1 behind the last row
   */
  void invert(int x0, int y0, int x1, int y1);

  /** Writes the samples, with the level shift undone, within their range. */
  void store(int[] values, int offset, int stride, int precision, boolean signed);
}
