package nmsw.dicom;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Data elements ordered by tag. Values stay bytes until they are asked for; getters never throw for what
 * stands in a value, the {@code require} methods do. An item belongs to the one data set that it was put
 * into, which gives it its character set; an item put into a second one is copied. Not thread-safe.
 */
public final class Dataset implements Iterable<Element> {
  private static final int BACKSLASH = '\\';

  /** What decoding puts in the place of bytes that a character set doesn't have. */
  private static final char REPLACEMENT = '\uFFFD';
  private static final byte[] NO_BYTES = {};

  private static final Element[] NO_ELEMENTS = {};

  private Element[] elements = NO_ELEMENTS;
  private int size;
  private Dataset parent;
  private CharacterSet characterSet;

  public Dataset() {}

  /** A deep copy, with the character set of its own only. */
  public Dataset copy() {
    Dataset copy = new Dataset();
    for (Element element : this) {
      copy.put(element.copy());
    }
    return copy;
  }

  /** The number of elements, those of items not counted. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  public boolean contains(int tag) {
    return indexOf(tag) >= 0;
  }

  /** The element, or null. */
  public Element get(int tag) {
    int index = indexOf(tag);
    return index < 0 ? null : elements[index];
  }

  public Dataset remove(int tag) {
    int index = indexOf(tag);
    if (index >= 0) {
      System.arraycopy(elements, index + 1, elements, index, size - index - 1);
      elements[--size] = null;
      noteCharacterSetChange(tag);
    }
    return this;
  }

  @Override
  public Iterator<Element> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size;
      }

      @Override
      public Element next() {
        if (next >= size) {
          throw new NoSuchElementException();
        }
        return elements[next++];
      }
    };
  }

  // Reading values

  /**
   * The first value, decoded and trimmed; empty if absent, empty or no text. A number of a binary VR as text.
   */
  public Optional<String> string(int tag) {
    List<String> values = strings(tag);
    return values.isEmpty() || values.get(0).isEmpty() ? Optional.empty() : Optional.of(values.get(0));
  }

  /** All values, decoded and trimmed; an empty list if absent or empty. Numbers of a binary VR as text. */
  public List<String> strings(int tag) {
    Element element = get(tag);
    return element == null ? List.of() : strings(element);
  }

  /** The values of an element that is, or might be, one of this data set. */
  List<String> strings(Element element) {
    if (element.bytes().length == 0) {
      return List.of();
    }
    VR vr = textVr(element);
    return vr.isText()
        ? untrimmed(element).stream().map(value -> trimmed(value, vr.isMultiValued())).toList()
        : binaryAsText(element);
  }

  private static VR textVr(Element element) {
    return element.vr() == VR.UN ? VR.LO : element.vr();
  }

  /** All values of a text as they stand there, decoded; the last one with its padding. */
  List<String> untrimmed(Element element) {
    VR vr = textVr(element);
    String text =
        vr.isLocalized()
            ? characterSet().decode(element.bytes(), vr)
            : new String(element.bytes(), StandardCharsets.ISO_8859_1);
    if (!vr.isMultiValued()) {
      return List.of(text);
    }
    List<String> values = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf(BACKSLASH); end >= 0; end = text.indexOf(BACKSLASH, start)) {
      values.add(text.substring(start, end));
      start = end + 1;
    }
    values.add(text.substring(start));
    return values;
  }

  private static String trimmed(String text, boolean atStartToo) {
    int start = 0;
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == 0)) {
      end--;
    }
    while (atStartToo && start < end && text.charAt(start) == ' ') {
      start++;
    }
    return text.substring(start, end);
  }

  private static List<String> binaryAsText(Element element) {
    ByteBuffer buffer = ByteBuffer.wrap(element.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    List<String> values = new ArrayList<>();
    while (buffer.remaining() >= element.vr().unit()) {
      switch (element.vr()) {
        case US -> values.add(Integer.toString(Short.toUnsignedInt(buffer.getShort())));
        case SS -> values.add(Short.toString(buffer.getShort()));
        case UL -> values.add(Integer.toUnsignedString(buffer.getInt()));
        case SL -> values.add(Integer.toString(buffer.getInt()));
        case UV -> values.add(Long.toUnsignedString(buffer.getLong()));
        case SV -> values.add(Long.toString(buffer.getLong()));
        case FL -> values.add(Float.toString(buffer.getFloat()));
        case FD -> values.add(Double.toString(buffer.getDouble()));
        case AT -> values.add(
            String.format("%04X%04X", Short.toUnsignedInt(buffer.getShort()),
                buffer.remaining() < 2 ? 0 : Short.toUnsignedInt(buffer.getShort())));
        default -> {
          return List.of();
        }
      }
    }
    return values;
  }

  /** The first value if it is a whole number that an int holds. */
  public OptionalInt integer(int tag) {
    OptionalDouble number = number(tag);
    double value = number.orElse(Double.NaN);
    return value == (int) value ? OptionalInt.of((int) value) : OptionalInt.empty();
  }

  /** The first value if it is a finite number. */
  public OptionalDouble number(int tag) {
    double[] values = numbers(tag);
    return values.length == 0 || !Double.isFinite(values[0]) ? OptionalDouble.empty()
        : OptionalDouble.of(values[0]);
  }

  /**
   * All values of IS, DS or a binary number, an empty array if absent or empty; NaN for a value that is no
   * number. For AT a value is the tag.
   */
  public double[] numbers(int tag) {
    Element element = get(tag);
    if (element == null || element.bytes().length == 0) {
      return new double[0];
    }
    return element.vr().isText() || element.vr() == VR.UN
        ? strings(tag).stream().mapToDouble(NumberText::parse).toArray()
        : binaryNumbers(element);
  }

  private static double[] binaryNumbers(Element element) {
    ByteBuffer buffer = ByteBuffer.wrap(element.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int unit = element.vr() == VR.AT ? 4 : element.vr().unit();
    double[] values = new double[buffer.remaining() / unit];
    for (int i = 0; i < values.length; i++) {
      switch (element.vr()) {
        case US, OW -> values[i] = Short.toUnsignedInt(buffer.getShort());
        case SS -> values[i] = buffer.getShort();
        case UL, OL -> values[i] = Integer.toUnsignedLong(buffer.getInt());
        case SL -> values[i] = buffer.getInt();
        case AT -> values[i] =
            Short.toUnsignedInt(buffer.getShort()) << 16 | Short.toUnsignedInt(buffer.getShort());
        case UV, OV -> values[i] = unsigned(buffer.getLong());
        case SV -> values[i] = buffer.getLong();
        case FL, OF -> values[i] = buffer.getFloat();
        case FD, OD -> values[i] = buffer.getDouble();
        default -> {
          return new double[0];
        }
      }
    }
    return values;
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : (value >>> 1 | value & 1) * 2.0;
  }

  /** The items of a sequence, an empty list if absent. */
  public List<Dataset> items(int tag) {
    Element element = get(tag);
    return element == null ? List.of() : element.items();
  }

  /** The first item of a sequence. */
  public Optional<Dataset> item(int tag) {
    List<Dataset> items = items(tag);
    return items.isEmpty() ? Optional.empty() : Optional.of(items.get(0));
  }

  /** The value as little endian bytes, not copied; empty if absent. */
  public byte[] bytes(int tag) {
    Element element = get(tag);
    return element == null ? NO_BYTES : element.bytes();
  }

  /** The first value; throws if it is absent or empty. */
  public String requireString(int tag) throws DicomException {
    return string(tag).orElseThrow(() -> missing(tag));
  }

  /** The first value; throws if it is absent, empty or not a whole number that an int holds. */
  public int requireInt(int tag) throws DicomException {
    if (numbers(tag).length == 0) {
      throw missing(tag);
    }
    return integer(tag).orElseThrow(() -> DicomException.at(tag, "the value is not a whole number in range"));
  }

  /** The values; throws unless there are exactly that many, all finite. */
  public double[] requireNumbers(int tag, int count) throws DicomException {
    double[] values = numbers(tag);
    if (values.length == 0) {
      throw missing(tag);
    }
    if (values.length != count || !Arrays.stream(values).allMatch(Double::isFinite)) {
      throw DicomException.at(tag, "needs " + count + " numbers, has " + Arrays.toString(values));
    }
    return values;
  }

  private DicomException missing(int tag) {
    return DicomException.at(tag, contains(tag) ? "the value is empty" : "the element is missing");
  }

  /**
   * The Private Creator who reserved the block that a private element is in (PS3.5 §7.8.1); empty for one that
   * nobody did, and for what is no private element of a block.
   */
  public Optional<String> privateCreator(int tag) {
    return Tag.isPrivateInBlock(tag) ? string(tag & 0xFFFF0000 | (tag & 0xFFFF) >>> 8) : Optional.empty();
  }

  /**
   * Where this data set has a private element.
   *
   * @param group odd
   * @param element the low byte of the element number
   * @return the tag, if the creator has reserved a block here
   */
  public OptionalInt privateTag(int group, String creator, int element) {
    for (int block = 0x10; block <= 0xFF; block++) {
      if (string(group << 16 | block).equals(Optional.of(creator))) {
        return OptionalInt.of(group << 16 | block << 8 | element & 0xFF);
      }
    }
    return OptionalInt.empty();
  }

  // Writing values

  /**
   * Puts text with the dictionary's VR, encoded with this data set's Specific Character Set, which must have
   * been put before.
   *
   * @throws IllegalArgumentException if the VR isn't text, or the character set lacks a character
   */
  public Dataset putString(int tag, String... values) {
    VR vr = Dictionary.vrOf(tag);
    if (!vr.isText()) {
      throw new IllegalArgumentException(Tag.describe(tag) + " has VR " + vr + ", which is not text");
    }
    String text = String.join("\\", values);
    byte[] bytes = (vr.isLocalized() ? characterSet() : CharacterSet.DEFAULT).encode(tag, vr, text);
    return put(Element.of(tag, vr, bytes));
  }

  /** Puts whole numbers with the dictionary's VR: IS, DS or binary. */
  public Dataset putInt(int tag, int... values) {
    return putNumber(tag, Arrays.stream(values).asDoubleStream().toArray());
  }

  /**
   * Puts numbers with the dictionary's VR: IS, DS (rounded to what 16 characters hold) or binary.
   *
   * @throws IllegalArgumentException if the VR takes no numbers, or not these
   */
  public Dataset putNumber(int tag, double... values) {
    VR vr = Dictionary.vrOf(tag);
    Dictionary.Entry entry = Dictionary.lookup(tag);
    if (entry != null && entry.signDepends() && pixelsAreSigned()) {
      vr = VR.SS;
    }
    return put(Element.of(tag, vr, NumberText.encode(tag, vr, values)));
  }

  /** Whether Pixel Representation here or further out says that "US or SS" is SS. */
  boolean pixelsAreSigned() {
    for (Dataset scope = this; scope != null; scope = scope.parent) {
      OptionalInt representation = scope.integer(Tag.PixelRepresentation);
      if (representation.isPresent()) {
        return representation.getAsInt() == 1;
      }
    }
    return false;
  }

  /** Puts the element without a value, as type 2 attributes may be. */
  public Dataset putEmpty(int tag) {
    VR vr = Dictionary.vrOf(tag);
    return put(vr == VR.SQ ? Element.ofItems(tag, List.of()) : Element.of(tag, vr, NO_BYTES));
  }

  public Dataset putItems(int tag, List<Dataset> items) {
    return put(Element.ofItems(tag, items));
  }

  public Dataset putBytes(int tag, VR vr, byte[] value) {
    return put(Element.of(tag, vr, value));
  }

  /** Puts the element in the place of one with its tag. */
  public Dataset put(Element element) {
    Element own = element.items().isEmpty() ? element : adopt(element);
    int tag = own.tag();
    int index = size > 0 && Integer.compareUnsigned(elements[size - 1].tag(), tag) < 0 ? ~size : indexOf(tag);
    if (index >= 0) {
      elements[index] = own;
    } else {
      if (size == elements.length) {
        elements = Arrays.copyOf(elements, Math.max(8, size * 2));
      }
      System.arraycopy(elements, ~index, elements, ~index + 1, size - ~index);
      elements[~index] = own;
      size++;
    }
    noteCharacterSetChange(tag);
    return this;
  }

  private Element adopt(Element element) {
    boolean foreign = false;
    List<Dataset> items = new ArrayList<>(element.items().size());
    for (Dataset item : element.items()) {
      boolean taken = item.parent != null && item.parent != this;
      foreign |= taken;
      Dataset own = taken ? item.copy() : item;
      own.parent = this;
      items.add(own);
    }
    return foreign ? element.withItems(items) : element;
  }

  /**
   * Puts every element of the other data set; the bytes are taken as they are, whatever the character sets.
   */
  public Dataset putAll(Dataset other) {
    for (Element element : other) {
      put(element);
    }
    return this;
  }

  /**
   * A copy whose texts, and those of its items, are in another character set.
   *
   * @param definedTerm the one value of Specific Character Set (PS3.3 §C.12.1.1.2)
   * @throws IllegalArgumentException if the set lacks a character, or a text was not in its own; names the element,
   *     never the value
   */
  public Dataset inCharacterSet(String definedTerm) {
    Dataset copy = new Dataset().putString(Tag.SpecificCharacterSet, definedTerm);
    transcribeTo(copy);
    return copy;
  }

  private void transcribeTo(Dataset target) {
    for (Element element : this) {
      if (element.vr() == VR.SQ) {
        List<Dataset> items = new ArrayList<>();
        for (Dataset item : element.items()) {
          Dataset own = new Dataset();
          own.parent = target;
          item.transcribeTo(own);
          items.add(own);
        }
        target.putItems(element.tag(), items);
      } else if (element.vr().isLocalized()) {
        String text = characterSet().decode(element.bytes(), element.vr());
        if (text.indexOf(REPLACEMENT) >= 0) {
          throw new IllegalArgumentException(Tag.describe(element.tag()) + ": not in the character set that it names");
        }
        target.put(
            Element.of(
                element.tag(), element.vr(), target.characterSet().encode(element.tag(), element.vr(), text)));
      } else if (element.tag() != Tag.SpecificCharacterSet) {
        target.put(element);
      }
    }
  }

  private int indexOf(int tag) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Integer.compareUnsigned(elements[middle].tag(), tag);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return ~low;
  }

  void setParent(Dataset newParent) {
    parent = newParent;
  }

  private void noteCharacterSetChange(int tag) {
    if (tag == Tag.SpecificCharacterSet) {
      characterSet = null;
    }
  }

  private CharacterSet characterSet() {
    if (characterSet != null) {
      return characterSet;
    }
    byte[] terms = bytes(Tag.SpecificCharacterSet);
    if (terms.length > 0) {
      // Never by the element's VR: one that is localized would ask for the character set again.
      String text = new String(terms, StandardCharsets.ISO_8859_1);
      characterSet =
          CharacterSet.of(Arrays.stream(text.split("\\\\", -1)).map(term -> trimmed(term, true)).toList());
      return characterSet;
    }
    return parent == null ? CharacterSet.DEFAULT : parent.characterSet();
  }

  /** Whether both have the same elements with the same bytes. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Dataset that
        && size == that.size
        && Arrays.equals(elements, 0, size, that.elements, 0, size);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (Element element : this) {
      hash = 31 * hash + element.hashCode();
    }
    return hash;
  }

  /** The number of elements; never values, which may identify a patient. */
  @Override
  public String toString() {
    return "data set of " + size + " elements";
  }
}
