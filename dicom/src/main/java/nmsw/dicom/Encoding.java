package nmsw.dicom;

/** How elements are written, whatever carries them (PS3.5 §7.1, §7.3). */
enum Encoding {
  IMPLICIT_LE,
  EXPLICIT_LE,
  EXPLICIT_BE;

  /** What stands inside a Deflated or encapsulated data set is Explicit VR Little Endian. */
  static Encoding of(TransferSyntax ts) {
    if (!ts.explicitVr()) {
      return IMPLICIT_LE;
    }
    return ts.bigEndian() ? EXPLICIT_BE : EXPLICIT_LE;
  }

  boolean isExplicit() {
    return this != IMPLICIT_LE;
  }

  boolean isBigEndian() {
    return this == EXPLICIT_BE;
  }
}
