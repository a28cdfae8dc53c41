package nmsw.dicom;

/** How this software names itself in files (PS3.10 §7.1) and associations (PS3.7 annex D). */
public final class Implementation {
  public static final String CLASS_UID = "2.25.223000118512300267731480306995870437120";
  public static final String VERSION_NAME = "NMSW_NODE_0_1";

  private Implementation() {}
}
