package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CieLabTest {
  /** Published L*a*b* values (D50) of the sRGB primaries and greys. */
  @ParameterizedTest
  @CsvSource({
    "0xFF0000, 54.29, 80.81, 69.89",
    "0x00FF00, 87.82, -79.29, 80.99",
    "0x0000FF, 29.57, 68.30, -112.03",
    "0xFFFFFF, 100, 0, 0",
    "0x808080, 53.59, 0, 0",
    "0x000000, 0, 0, 0",
  })
  void agreesWithPublishedValues(String rgb, double l, double a, double b) {
    CieLab lab = CieLab.ofRgb(Integer.decode(rgb));
    assertEquals(l, lab.l() / 65535.0 * 100, 0.02);
    assertEquals(a, lab.a() / 65535.0 * 255 - 128, 0.03);
    assertEquals(b, lab.b() / 65535.0 * 255 - 128, 0.03);
  }

  @Test
  void neutralIsTheMiddleOfTheScale() {
    assertEquals(0x8080, CieLab.ofRgb(0x000000).a());
    assertEquals(65535, CieLab.ofRgb(0xFFFFFF).l());
  }
}
