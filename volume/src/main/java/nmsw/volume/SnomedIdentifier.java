package nmsw.volume;

/**
 * The form of a SNOMED CT identifier (SCTID): digits that end in a two-digit partition, which says what kind
 * of component it names, and a check digit after Verhoeff, which finds every wrong digit and most swaps.
 */
final class SnomedIdentifier {
  /** Of the dihedral group of order ten: {@code PRODUCT[a][b]}. */
  private static final int[][] PRODUCT = new int[10][10];

  /** What becomes of the digit at each place, counted from the last and with period eight. */
  private static final int[][] PLACES = new int[8][];

  static {
    for (int a = 0; a < 10; a++) {
      for (int b = 0; b < 10; b++) {
        PRODUCT[a][b] = a < 5 ? b < 5 ? (a + b) % 5 : (a + b) % 5 + 5 : b < 5 ? (a - b) % 5 + 5 : (a - b + 5) % 5;
      }
    }
    PLACES[0] = new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    PLACES[1] = new int[] {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    for (int place = 2; place < 8; place++) {
      PLACES[place] = new int[10];
      for (int digit = 0; digit < 10; digit++) {
        PLACES[place][digit] = PLACES[place - 1][PLACES[1][digit]];
      }
    }
  }

  private SnomedIdentifier() {}

  /** Whether it is a concept's, of the international edition (partition 00) or of an extension (10). */
  static boolean isConcept(String text) {
    return text.matches("[1-9][0-9]{2,14}[01]0[0-9]") && checks(text);
  }

  private static boolean checks(String digits) {
    int sum = 0;
    for (int place = 0; place < digits.length(); place++) {
      int digit = digits.charAt(digits.length() - 1 - place) - '0';
      sum = PRODUCT[sum][PLACES[place % 8][digit]];
    }
    return sum == 0;
  }
}
