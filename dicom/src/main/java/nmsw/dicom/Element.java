package nmsw.dicom;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One data element: a value in little endian bytes, or the items of a sequence, or the fragments of
 * encapsulated pixel data. The arrays are the element's own and are not copied: whoever changes one changes
 * the element.
 */
public final class Element {
  private static final byte[] NO_BYTES = {};

  private final int tag;
  private final VR vr;
  private final byte[] value;
  private final List<Dataset> items;
  private final List<byte[]> fragments;

  private Element(int tag, VR vr, byte[] value, List<Dataset> items, List<byte[]> fragments) {
    this.tag = tag;
    this.vr = Objects.requireNonNull(vr);
    this.value = value;
    this.items = items;
    this.fragments = fragments;
  }

  /** A value; an odd length is padded when it is written. */
  public static Element of(int tag, VR vr, byte[] value) {
    if (vr == VR.SQ) {
      throw new IllegalArgumentException(Tag.describe(tag) + ": a sequence has items, not bytes");
    }
    return new Element(tag, vr, Objects.requireNonNull(value), List.of(), List.of());
  }

  /**
   * Numbers given as text, exact also where 64 bits are too many for a double: IS, DS (rounded to what 16
   * characters hold), a binary VR ({@code NaN}, {@code Infinity} and {@code -Infinity} in floating point), or AT
   * as eight hexadecimal digits.
   *
   * @throws IllegalArgumentException if the VR takes no numbers, or not these
   */
  public static Element ofNumbers(int tag, VR vr, List<String> numbers) {
    return of(tag, vr, NumberText.encode(tag, vr, numbers));
  }

  /** A sequence. */
  public static Element ofItems(int tag, List<Dataset> items) {
    return new Element(tag, VR.SQ, NO_BYTES, List.copyOf(items), List.of());
  }

  /**
   * Encapsulated pixel data (PS3.5 §A.4).
   *
   * @param fragments the Basic Offset Table, which may be empty, then the fragments
   */
  public static Element ofFragments(int tag, VR vr, List<byte[]> fragments) {
    if (fragments.isEmpty()) {
      throw new IllegalArgumentException(Tag.describe(tag)
          + ": encapsulated data starts with an offset table");
    }
    return new Element(tag, vr, NO_BYTES, List.of(), List.copyOf(fragments));
  }

  public int tag() {
    return tag;
  }

  public VR vr() {
    return vr;
  }

  public boolean isSequence() {
    return vr == VR.SQ;
  }

  public boolean isEncapsulated() {
    return !fragments.isEmpty();
  }

  /** The value; empty for a sequence and for encapsulated data. */
  public byte[] bytes() {
    return value;
  }

  /** The items of a sequence, else empty. */
  public List<Dataset> items() {
    return items;
  }

  /** The Basic Offset Table and the fragments of encapsulated data, else empty. */
  public List<byte[]> fragments() {
    return fragments;
  }

  /** Whether there is neither a byte nor an item nor a fragment. */
  public boolean isEmpty() {
    return value.length == 0 && items.isEmpty() && fragments.isEmpty();
  }

  Element copy() {
    return new Element(
        tag,
        vr,
        value.length == 0 ? NO_BYTES : value.clone(),
        items.stream().map(Dataset::copy).toList(),
        fragments.stream().map(byte[]::clone).toList());
  }

  Element withItems(List<Dataset> newItems) {
    return new Element(tag, vr, value, List.copyOf(newItems), fragments);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Element that
        && tag == that.tag
        && vr == that.vr
        && Arrays.equals(value, that.value)
        && items.equals(that.items)
        && Arrays.deepEquals(fragments.toArray(), that.fragments.toArray());
  }

  @Override
  public int hashCode() {
    return Objects.hash(tag, vr, Arrays.hashCode(value), items, Arrays.deepHashCode(fragments.toArray()));
  }

  /** Tag, VR and size; never the value, which may identify a patient. */
  @Override
  public String toString() {
    String size =
        isSequence()
            ? items.size() + " items"
            : isEncapsulated() ? (fragments.size() - 1) + " fragments" : value.length + " bytes";
    return Tag.describe(tag) + " " + vr + " " + size;
  }
}
