package nmsw.dicom.net;

/** Rules for AE titles (PS3.5 Table 6.2-1). */
public final class AeTitle {
  private AeTitle() {}

  /**
   * Returns the title if it is 1 to 16 printable characters without blanks around it.
   *
   * @throws IllegalArgumentException if not
   */
  public static String check(String title) {
    boolean valid =
        !title.isEmpty()
            && title.length() <= 16
            && title.equals(title.strip())
            && title.chars().allMatch(c -> c >= 0x20 && c < 0x7F && c != '\\');
    if (!valid) {
      throw new IllegalArgumentException(
          "'" + title + "' is not an AE title: 1 to 16 printable characters, no backslash, no blanks around");
    }
    return title;
  }
}
