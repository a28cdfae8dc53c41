package nmsw.dicom;

/** The value representations (PS3.5 §6.2) and how each is written. */
public enum VR {
  AE(Kind.TEXT, 1, ' '),
  AS(Kind.TEXT, 1, ' '),
  AT(Kind.BINARY, 2, 0),
  CS(Kind.TEXT, 1, ' '),
  DA(Kind.TEXT, 1, ' '),
  DS(Kind.TEXT, 1, ' '),
  DT(Kind.TEXT, 1, ' '),
  FD(Kind.BINARY, 8, 0),
  FL(Kind.BINARY, 4, 0),
  IS(Kind.TEXT, 1, ' '),
  LO(Kind.LOCALIZED_TEXT, 1, ' '),
  LT(Kind.LOCALIZED_TEXT, 1, ' '),
  OB(Kind.BINARY, 1, 0),
  OD(Kind.BINARY, 8, 0),
  OF(Kind.BINARY, 4, 0),
  OL(Kind.BINARY, 4, 0),
  OV(Kind.BINARY, 8, 0),
  OW(Kind.BINARY, 2, 0),
  PN(Kind.LOCALIZED_TEXT, 1, ' '),
  SH(Kind.LOCALIZED_TEXT, 1, ' '),
  SL(Kind.BINARY, 4, 0),
  SQ(Kind.SEQUENCE, 1, 0),
  SS(Kind.BINARY, 2, 0),
  ST(Kind.LOCALIZED_TEXT, 1, ' '),
  SV(Kind.BINARY, 8, 0),
  TM(Kind.TEXT, 1, ' '),
  UC(Kind.LOCALIZED_TEXT, 1, ' '),
  UI(Kind.TEXT, 1, 0),
  UL(Kind.BINARY, 4, 0),
  UN(Kind.BINARY, 1, 0),
  UR(Kind.TEXT, 1, ' '),
  US(Kind.BINARY, 2, 0),
  UT(Kind.LOCALIZED_TEXT, 1, ' '),
  UV(Kind.BINARY, 8, 0);

  private enum Kind {
    TEXT,
    LOCALIZED_TEXT,
    BINARY,
    SEQUENCE
  }

  private static final VR[] BY_CODE = new VR[1 << 16];

  static {
    for (VR vr : values()) {
      BY_CODE[vr.code()] = vr;
    }
  }

  private final Kind kind;
  private final int unit;
  private final byte padding;

  VR(Kind kind, int unit, int padding) {
    this.kind = kind;
    this.unit = unit;
    this.padding = (byte) padding;
  }

  /** The two characters as they stand in a data set, first one in the high byte. */
  int code() {
    return name().charAt(0) << 8 | name().charAt(1);
  }

  /** The VR with that code, or null. */
  static VR ofCode(int code) {
    return BY_CODE[code & 0xFFFF];
  }

  /** Whether Explicit VR writes its length in 32 bits, after two reserved bytes (PS3.5 §7.1.2). */
  public boolean hasLongLength() {
    return switch (this) {
      case OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV -> true;
      default -> false;
    };
  }

  /** Whether values are characters. */
  public boolean isText() {
    return kind == Kind.TEXT || kind == Kind.LOCALIZED_TEXT;
  }

  /** Whether Specific Character Set applies to the characters. */
  public boolean isLocalized() {
    return kind == Kind.LOCALIZED_TEXT;
  }

  /** Whether a backslash separates values. */
  boolean isMultiValued() {
    return switch (this) {
      case LT, ST, UR, UT -> false;
      default -> isText();
    };
  }

  /** Bytes of one number of a binary VR, else 1. */
  public int unit() {
    return unit;
  }

  /** Turns the numbers of a value into the other byte order, in place; what is left of the last one stays. */
  void swap(byte[] bytes, int from, int to) {
    for (int start = from; start + unit <= to; start += unit) {
      for (int low = start, high = start + unit - 1; low < high; low++, high--) {
        byte kept = bytes[low];
        bytes[low] = bytes[high];
        bytes[high] = kept;
      }
    }
  }

  /** The byte that makes a value's length even. */
  public byte padding() {
    return padding;
  }
}
