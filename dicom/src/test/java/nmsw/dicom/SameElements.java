package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** Compares data sets that went through the hands of others. */
public final class SameElements {
  private SameElements() {}

  /**
   * Asserts that all elements are in the other data set, with the same values as far as JSON keeps them: numbers as
   * numbers, text as text.
   *
   * @return how many elements were compared
   */
  public static int assertSame(Dataset expected, Dataset actual, String where) {
    int compared = 0;
    for (Element element : expected) {
      int tag = element.tag();
      Element other = actual.get(tag);
      String what = where + " " + Tag.describe(tag);
      if (tag == Tag.SpecificCharacterSet || tag >>> 16 <= 0x0002) {
        continue;
      }
      assertTrue(other != null, what);
      if (other.vr() != element.vr() && Tag.isPrivate(tag)) {
        continue; // pydicom knows some private elements
      }
      compared++;
      if (element.isSequence()) {
        assertEquals(element.items().size(), other.items().size(), what);
        for (int i = 0; i < element.items().size(); i++) {
          compared += assertSame(element.items().get(i), other.items().get(i), what + "[" + i + "]");
        }
      } else if (element.vr() == VR.DS || element.vr() == VR.IS) {
        assertArrayEquals(expected.numbers(tag), actual.numbers(tag), 1e-9, what);
      } else if (element.vr().isText()) {
        assertEquals(expected.strings(tag), actual.strings(tag).stream().map(SameElements::withoutEscape).toList(), what);
      } else {
        assertArrayEquals(even(element.bytes()), even(other.bytes()), what);
      }
    }
    return compared;
  }

  /** pydicom 2 decodes GB 2312 but leaves the escape sequence in the text. */
  public static String withoutEscape(String text) {
    return text.replace("\u001B$)A", "");
  }

  private static byte[] even(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length + bytes.length % 2);
  }

  /**
   * Asserts that both have the same elements with the same bytes, whatever their pixel data. Group lengths are nothing to
   * keep.
   */
  public static void assertEqual(Dataset expected, Dataset actual, String where) {
    Set<Integer> tags = new TreeSet<>();
    expected.forEach(element -> tags.add(element.tag()));
    actual.forEach(element -> tags.add(element.tag()));
    tags.removeIf(tag -> tag == Tag.PixelData || (tag & 0xFFFF) == 0);
    for (int tag : tags) {
      String what = where + " " + Tag.describe(tag);
      Element one = expected.get(tag);
      Element other = actual.get(tag);
      assertTrue(one != null && other != null, () -> what + " is " + one + " and " + other);
      // Implicit VR tells nobody the VR of a private element.
      assertTrue(one.vr() == other.vr() || Tag.isPrivate(tag), () -> what + " is " + one + " and " + other);
      assertEquals(one.items().size(), other.items().size(), what);
      for (int i = 0; i < one.items().size(); i++) {
        assertEqual(one.items().get(i), other.items().get(i), what);
      }
      if (one.vr() == VR.DS || one.vr() == VR.IS) {
        // Blanks around them have no meaning, and pydicom drops them.
        assertEquals(expected.strings(tag), actual.strings(tag), what);
      } else if (!one.isSequence()) {
        assertArrayEquals(one.bytes(), other.bytes(), what);
      }
    }
  }
}
