package nmsw.dicom;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/** Parses one data set (PS3.5 §7). Holds the counters that limits apply to. */
final class DatasetParser {
  static final int ITEM = 0xFFFEE000;
  static final int ITEM_DELIMITER = 0xFFFEE00D;
  static final int SEQUENCE_DELIMITER = 0xFFFEE0DD;
  static final long UNDEFINED = 0xFFFFFFFFL;
  private static final int DELIMITER_GROUP = 0xFFFE;
  private static final int HEADER = 8;

  private final Source source;
  private final ParseLimits limits;
  private final PixelDataHandler pixels;
  private final LongConsumer image;
  private final Set<Integer> handedOver = new HashSet<>();
  private int itemCount;
  private int elementCount;

  /**
   * @param pixels who takes the pixel data; null to keep them in the data set
   */
  DatasetParser(Source source, ParseLimits limits, PixelDataHandler pixels) {
    this(source, limits, pixels, bytes -> {});
  }

  /**
   * @param image is told the length of native pixel data that are of the size that the data set says, before they are
   *     read
   */
  DatasetParser(Source source, ParseLimits limits, PixelDataHandler pixels, LongConsumer image) {
    this.image = image;
    this.source = source;
    this.limits = limits;
    this.pixels = pixels;
  }

  /**
   * One element's start: everything before its value.
   *
   * @param encoding of the value
   */
  private record Header(int tag, VR vr, long length, long offset, Encoding encoding) {
    boolean undefinedLength() {
      return length == UNDEFINED;
    }
  }

  /**
   * Reads group 0002 (PS3.10 §7.1) up to the first element of another group, whatever its group length says.
   */
  void parseMeta(Dataset meta) throws IOException {
    while (source.ensure(HEADER) == HEADER && source.peekShort(0) == 0x0002) {
      putNext(meta, Encoding.EXPLICIT_LE, source.end(), 0);
    }
  }

  /**
   * Reads up to the stream's end or, not included, the first tag from {@code stopTag} on (0 to read
   * everything).
   */
  void parse(Dataset dataset, Encoding encoding, int stopTag) throws IOException {
    source.setBigEndian(encoding.isBigEndian());
    while (!source.atEnd()) {
      if (atTrailingZeros(dataset)) {
        return;
      }
      long offset = source.position();
      if (source.ensure(HEADER) < HEADER) {
        int tag = source.ensure(4) < 4 ? lastTag(dataset) : source.peekTag(0);
        throw DicomException.at(tag, offset, "the data end inside an element's header");
      }
      if (stopTag != 0 && Integer.compareUnsigned(source.peekTag(0), stopTag) >= 0) {
        return;
      }
      putNext(dataset, encoding, source.end(), 0);
    }
  }

  /** Zeros behind the last element, which some writers leave; they are read to the end. */
  private boolean atTrailingZeros(Dataset dataset) throws IOException {
    int have = source.ensure(HEADER);
    for (int i = 0; i < have; i++) {
      if (source.peek(i) != 0) {
        return false;
      }
    }
    if (lastTag(dataset) >>> 16 < 0x0008) {
      return false;
    }
    long offset = source.position();
    while (source.ensure(1) == 1) {
      if (source.peek(0) != 0 || source.position() >= limits.maxTotalBytes()) {
        throw DicomException.at(0, offset, "zeros, then more data, behind the last element");
      }
      source.skip(1);
    }
    return true;
  }

  private static int lastTag(Dataset dataset) {
    int tag = 0;
    for (Element element : dataset) {
      tag = element.tag();
    }
    return tag;
  }

  private Header header(Dataset dataset, Encoding encoding, long bound) throws IOException {
    long offset = source.position();
    int have = source.ensure(HEADER + 4);
    int tag = source.peekTag(0);
    if (tag >>> 16 == DELIMITER_GROUP) {
      throw DicomException.at(tag, offset, "a delimiter where an element should start");
    }
    if (++elementCount > limits.maxElements()) {
      throw DicomException.at(tag, offset, "more than " + limits.maxElements() + " elements");
    }
    if (!encoding.isExplicit()) {
      source.skip(HEADER);
      return checked(new Header(tag, implicitVr(dataset, tag), source.peekLength(-4), offset, encoding), bound);
    }
    int code = source.peek(4) << 8 | source.peek(5);
    VR vr = VR.ofCode(code);
    boolean unknownVr = vr == null;
    if (unknownVr && !(isCapital(code >> 8) && isCapital(code & 0xFF))) {
      return implicitInExplicit(dataset, tag, offset, encoding, bound);
    }
    boolean longLength = unknownVr ? source.peekShort(6) == 0 : vr.hasLongLength();
    if (!longLength) {
      source.skip(HEADER);
      // As with UN: what stays unknown here would be taken for a sequence when it is read again.
      Header header =
          unknownVr
              ? new Header(tag, implicitVr(dataset, tag), source.peekShort(-2), offset, Encoding.IMPLICIT_LE)
              : new Header(tag, vr, source.peekShort(-2), offset, encoding);
      return checked(header, bound);
    }
    if (have < HEADER + 4) {
      throw DicomException.at(tag, offset, "the data end inside the element's header");
    }
    source.skip(HEADER + 4);
    long length = source.peekLength(-4);
    if (unknownVr || vr == VR.UN) {
      // PS3.5 §6.2.2 note 2: what is in UN is Implicit VR Little Endian, and may be given its VR back.
      return checked(new Header(tag, implicitVr(dataset, tag), length, offset, Encoding.IMPLICIT_LE), bound);
    }
    return checked(new Header(tag, vr, length, offset, encoding), bound);
  }

  private static boolean isCapital(int character) {
    return character >= 'A' && character <= 'Z';
  }

  /**
   * Some writers slip an implicit element into an explicit data set: taken if tag and length make that plain.
   */
  private Header implicitInExplicit(Dataset dataset, int tag, long offset, Encoding encoding, long bound)
      throws DicomException {
    long length = source.peekLength(4);
    boolean known = Dictionary.lookup(tag) != null || Tag.isPrivate(tag);
    boolean fits = bound == Long.MAX_VALUE ? length <= 0xFFFF : length <= bound - offset - HEADER;
    if (!known || !fits || encoding.isBigEndian()) {
      throw DicomException.at(
          tag,
          offset,
          String.format("bytes %02X %02X stand where the VR should be", source.peek(4), source.peek(5)));
    }
    source.skip(HEADER);
    return checked(new Header(tag, implicitVr(dataset, tag), length, offset, Encoding.IMPLICIT_LE), bound);
  }

  private static VR implicitVr(Dataset dataset, int tag) {
    Dictionary.Entry entry = Dictionary.lookup(tag);
    if (entry != null && entry.signDepends()) {
      return dataset.pixelsAreSigned() ? VR.SS : VR.US;
    }
    return Dictionary.vrOf(tag);
  }

  /** Whether the value may be read: within what encloses it and within the limits. */
  private Header checked(Header header, long bound) throws DicomException {
    if (header.undefinedLength()) {
      return header;
    }
    checkLength(header.tag(), header.offset(), header.length(), bound);
    return header;
  }

  private void checkLength(int tag, long offset, long length, long bound) throws DicomException {
    long left = bound - source.position();
    if (length > left) {
      throw DicomException.at(tag, offset, "truncated: the length is " + length + ", " + left
          + " bytes are left");
    }
    if (source.position() + length > limits.maxTotalBytes()) {
      throw DicomException.at(tag, offset, "goes beyond the limit of " + limits.maxTotalBytes()
          + " bytes in all");
    }
  }

  private void putNext(Dataset dataset, Encoding encoding, long bound, int depth) throws IOException {
    Header header = header(dataset, encoding, bound);
    if (depth == 0 && header.tag() == Tag.PixelData && header.length() == imageBytes(dataset)) {
      image.accept(header.length());
    }
    if (depth == 0 && pixels != null && isPixelData(header.tag()) && header.vr() != VR.SQ) {
      handOver(dataset, header, bound);
      return;
    }
    Element element = element(dataset, header, encoding, bound, depth);
    int tag = header.tag();
    if (Tag.isGroupLength(tag) && tag >>> 16 > 0x0002) {
      return;
    }
    Element known = dataset.get(tag);
    if (known != null && !known.equals(element)) {
      throw DicomException.at(tag, header.offset(), "the element is there twice, with different values");
    }
    dataset.put(element);
  }

  /** Bytes of the native pixel data of the image that a data set describes, padding included; -1 if it does not. */
  private static long imageBytes(Dataset dataset) {
    double samples =
        1.0 * dataset.integer(Tag.Rows).orElse(-1) * dataset.integer(Tag.Columns).orElse(-1)
            * dataset.integer(Tag.SamplesPerPixel).orElse(1) * dataset.integer(Tag.NumberOfFrames).orElse(1);
    double bits = samples * dataset.integer(Tag.BitsAllocated).orElse(-1);
    return bits > 0 && bits < 8.0 * UNDEFINED ? ((long) bits + 15) / 16 * 2 : -1;
  }

  private Element element(Dataset dataset, Header header, Encoding around, long bound, int depth)
      throws IOException {
    if (header.vr() == VR.SQ || header.undefinedLength() && header.vr() == VR.UN) {
      source.setBigEndian(header.encoding().isBigEndian());
      List<Dataset> items = items(dataset, header, bound, depth);
      source.setBigEndian(around.isBigEndian());
      return Element.ofItems(header.tag(), items);
    }
    if (header.undefinedLength()) {
      return Element.ofFragments(header.tag(), header.vr(), fragments(header, bound));
    }
    byte[] value = bytes(header.tag(), header.offset(), header.length());
    if (header.encoding().isBigEndian()) {
      header.vr().swap(value, 0, value.length);
    }
    return Element.of(header.tag(), header.vr(), value);
  }

  private byte[] bytes(int tag, long offset, long length) throws IOException {
    if (length > limits.maxElementBytes()) {
      throw DicomException.at(
          tag, offset, "the length is " + length + ", the limit " + limits.maxElementBytes() + " bytes");
    }
    try {
      return source.bytes((int) length);
    } catch (EOFException e) {
      throw DicomException.at(
          tag, offset, "truncated: the length is " + length + ", the data end at " + source.position());
    }
  }

  private List<Dataset> items(Dataset dataset, Header sequence, long bound, int depth) throws IOException {
    if (depth >= limits.maxDepth()) {
      throw DicomException.at(
          sequence.tag(), sequence.offset(), "more than " + limits.maxDepth()
              + " sequences inside each other");
    }
    long end = sequence.undefinedLength() ? bound : source.position() + sequence.length();
    List<Dataset> items = new ArrayList<>();
    while (sequence.undefinedLength() || source.position() < end) {
      long length = itemLength(sequence, end);
      if (length < 0) {
        return items;
      }
      Dataset item = new Dataset();
      item.setParent(dataset);
      items.add(item);
      if (length == UNDEFINED) {
        parseItem(item, sequence, end, true, depth + 1);
      } else {
        parseItem(item, sequence, source.position() + length, false, depth + 1);
      }
    }
    return items;
  }

  /** Reads an item's header; returns its length, or -1 for the delimiter that ends an undefined length. */
  private long itemLength(Header sequence, long end) throws IOException {
    long offset = source.position();
    if (end - offset < HEADER || source.ensure(HEADER) < HEADER) {
      throw DicomException.at(sequence.tag(), offset,
          "truncated: the sequence's next item or delimiter is missing");
    }
    int tag = source.peekTag(0);
    long length = source.peekLength(4);
    source.skip(HEADER);
    if (tag == SEQUENCE_DELIMITER && sequence.undefinedLength()) {
      return -1;
    }
    if (tag != ITEM) {
      throw DicomException.at(sequence.tag(), offset, Tag.describe(tag)
          + " stands where an item should start");
    }
    if (++itemCount > limits.maxItems()) {
      throw DicomException.at(sequence.tag(), offset, "more than " + limits.maxItems() + " items");
    }
    if (length != UNDEFINED) {
      checkLength(sequence.tag(), offset, length, end);
    }
    return length;
  }

  private void parseItem(Dataset item, Header sequence, long end, boolean undefined, int depth)
      throws IOException {
    while (undefined || source.position() < end) {
      long offset = source.position();
      if (end - offset < HEADER || source.ensure(HEADER) < HEADER) {
        throw DicomException.at(sequence.tag(), offset, "truncated: the data end inside an item");
      }
      if (undefined && source.peekTag(0) == ITEM_DELIMITER) {
        source.skip(HEADER);
        return;
      }
      putNext(item, sequence.encoding(), end, depth);
    }
  }

  /** What is done with one piece of encapsulated pixel data. */
  private interface Piece {
    void take(int index, long offset, long length) throws IOException;
  }

  private List<byte[]> fragments(Header encapsulated, long bound) throws IOException {
    List<byte[]> fragments = new ArrayList<>();
    forEachFragment(encapsulated, bound,
        (index, offset, length) -> fragments.add(bytes(encapsulated.tag(), offset, length)));
    return fragments;
  }

  private void forEachFragment(Header encapsulated, long bound, Piece piece) throws IOException {
    if (encapsulated.vr() != VR.OB && encapsulated.vr() != VR.OW) {
      throw DicomException.at(
          encapsulated.tag(),
          encapsulated.offset(),
          "undefined length, which VR " + encapsulated.vr() + " cannot have");
    }
    for (int index = 0;; index++) {
      long offset = source.position();
      long length = itemLength(encapsulated, bound);
      if (length < 0) {
        if (index == 0) {
          throw DicomException.at(encapsulated.tag(), offset, "encapsulated, but without an offset table");
        }
        return;
      }
      if (length == UNDEFINED) {
        throw DicomException.at(encapsulated.tag(), offset, "a fragment of undefined length");
      }
      checkLength(encapsulated.tag(), offset, length, bound);
      piece.take(index, offset, length);
    }
  }

  private static boolean isPixelData(int tag) {
    return tag == Tag.PixelData || tag == Tag.FloatPixelData || tag == Tag.DoubleFloatPixelData;
  }

  private void handOver(Dataset dataset, Header header, long bound) throws IOException {
    if (!handedOver.add(header.tag())) {
      throw DicomException.at(header.tag(), header.offset(), "the element is there twice");
    }
    if (header.undefinedLength()) {
      forEachFragment(header, bound,
          (index, offset, length) -> handOver(dataset, header, index, offset, length));
    } else {
      handOver(dataset, header, 0, header.offset(), header.length());
    }
  }

  private void handOver(Dataset dataset, Header header, int index, long offset, long length) throws IOException {
    ValueStream value = new ValueStream(source, header.tag(), offset, length);
    boolean swapped = header.encoding().isBigEndian() && !header.undefinedLength() && header.vr().unit() > 1;
    pixels.piece(
        dataset, header.tag(), header.vr(), index, length, swapped ? new SwappedStream(value, header.vr()) : value);
    value.passOver();
  }
}
