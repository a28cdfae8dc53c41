package nmsw.dicom.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.PersonName;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;

/**
 * Reads DICOM JSON (PS3.18 annex F). Text becomes UTF-8, and Specific Character Set says so where there is text
 * that needs it. Refused with a {@link DicomException} that names the element, or line and column, but never a
 * value: what is not JSON, attributes or members that are there twice or that the standard does not have, values
 * that their VR cannot hold, anything beyond {@link ParseLimits}.
 */
public final class DicomJsonReader {
  private static final String UTF_8 = "ISO_IR 192";
  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_NUMBER = 400;

  private final JsonParser json;
  private final ParseLimits limits;
  private final BulkData bulkData;
  private int itemCount;
  private int valueCount;
  private boolean needsUtf8;

  private DicomJsonReader(JsonParser json, ParseLimits limits, BulkData bulkData) {
    this.json = json;
    this.limits = limits;
    this.bulkData = bulkData;
  }

  /**
   * Reads one object, or an array of them, to the stream's end; does not close the stream.
   *
   * @return one data set for an object, as many as there are for an array
   */
  public static List<Dataset> read(InputStream in, ParseLimits limits, BulkData bulkData) throws IOException {
    JsonFactory factory =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    // An attribute, its array, its item; then a name's members.
                    .maxNestingDepth(3 * limits.maxDepth() + 5)
                    .maxDocumentLength(limits.maxTotalBytes())
                    .maxStringLength(limits.maxElementBytes())
                    .maxNameLength(LONGEST_NAME)
                    .maxNumberLength(LONGEST_NUMBER)
                    .build())
            .build();
    // By itself the parser would take UTF-16 and UTF-32 too.
    Reader utf8 = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder());
    try (JsonParser json = factory.createParser(utf8)) {
      return new DicomJsonReader(json, limits, bulkData).document();
    } catch (CharacterCodingException e) {
      throw new DicomException("not DICOM JSON: bytes that are not UTF-8");
    } catch (JsonProcessingException e) {
      // Its message and cause may quote a value.
      throw new DicomException(
          String.format(
              "not DICOM JSON: malformed or too large at line %d, column %d",
              e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
              e.getLocation() == null ? 0 : e.getLocation().getColumnNr()));
    }
  }

  private List<Dataset> document() throws IOException {
    List<Dataset> datasets = new ArrayList<>();
    JsonToken first = json.nextToken();
    if (first == JsonToken.START_ARRAY) {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        require(JsonToken.START_OBJECT, "a data set");
        countItem();
        datasets.add(root());
      }
    } else {
      require(JsonToken.START_OBJECT, "a data set or an array of them");
      datasets.add(root());
    }
    if (json.nextToken() != null) {
      throw refused("more behind the end");
    }
    return datasets;
  }

  private void require(JsonToken wanted, String what) throws DicomException {
    if (json.currentToken() != wanted) {
      throw refused(what + " should stand here");
    }
  }

  private DicomException refused(String why) {
    return new DicomException(
        String.format(
            "not DICOM JSON: %s, line %d, column %d",
            why, json.currentLocation().getLineNr(), json.currentLocation().getColumnNr()));
  }

  private Dataset root() throws IOException {
    needsUtf8 = false;
    Dataset dataset = dataset(0);
    if (needsUtf8) {
      dataset.putString(Tag.SpecificCharacterSet, UTF_8);
    }
    return dataset;
  }

  private void countItem() throws DicomException {
    if (++itemCount > limits.maxItems()) {
      throw refused("more than " + limits.maxItems() + " items");
    }
  }

  private Dataset dataset(int depth) throws IOException {
    Dataset dataset = new Dataset();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      readAttribute(dataset, depth);
    }
    return dataset;
  }

  private void readAttribute(Dataset dataset, int depth) throws IOException {
    String name = json.currentName();
    if (!name.matches("[0-9A-Fa-f]{8}")) {
      throw refused("an attribute's name is not its tag in 8 hexadecimal digits");
    }
    int tag = Integer.parseUnsignedInt(name, 16);
    if (dataset.contains(tag)) {
      throw DicomException.at(tag, "the attribute is there twice");
    }
    countValue();
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw DicomException.at(tag, "an attribute is an object");
    }
    Attribute attribute = new Attribute(tag);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      attribute.readMember(depth);
    }
    boolean groupLength = (tag & 0xFFFF) == 0;
    if (!groupLength) {
      dataset.put(attribute.element());
    }
  }

  private void countValue() throws DicomException {
    if (++valueCount > limits.maxElements()) {
      throw refused("more than " + limits.maxElements() + " attributes and values");
    }
  }

  /** One attribute while it is read: its members may come in any order. */
  private final class Attribute {
    private final int tag;
    private VR vr;
    /** Each a String, a Number's text as {@link Literal}, a Dataset, or null. */
    private List<Object> values;
    private byte[] inline;
    private String uri;

    Attribute(int tag) {
      this.tag = tag;
    }

    void readMember(int depth) throws IOException {
      String member = json.currentName();
      JsonToken token = json.nextToken();
      switch (member) {
        case "vr" -> vr = vr(token);
        case "Value" -> values = values(token, depth);
        case "InlineBinary" -> inline = inline(token);
        case "BulkDataURI" -> uri = text(token);
        default -> throw DicomException.at(tag, "a member other than vr, Value, InlineBinary and BulkDataURI");
      }
    }

    private VR vr(JsonToken token) throws IOException {
      String text = text(token);
      for (VR known : VR.values()) {
        if (known.name().equals(text)) {
          return known;
        }
      }
      throw DicomException.at(tag, "the vr is none");
    }

    private String text(JsonToken token) throws IOException {
      if (token != JsonToken.VALUE_STRING) {
        throw DicomException.at(tag, "a string should stand here");
      }
      return json.getText();
    }

    private byte[] inline(JsonToken token) throws IOException {
      if (token != JsonToken.VALUE_STRING) {
        throw DicomException.at(tag, "InlineBinary is a string");
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try {
        json.readBinaryValue(bytes);
      } catch (IllegalArgumentException e) {
        throw DicomException.at(tag, "InlineBinary that is not Base64");
      }
      if (bytes.size() > limits.maxElementBytes()) {
        throw DicomException.at(tag, "the limit is " + limits.maxElementBytes() + " bytes");
      }
      return bytes.toByteArray();
    }

    private List<Object> values(JsonToken token, int depth) throws IOException {
      if (token != JsonToken.START_ARRAY) {
        throw DicomException.at(tag, "Value is an array");
      }
      List<Object> read = new ArrayList<>();
      for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
        countValue();
        read.add(
            switch (next) {
              case VALUE_NULL -> null;
              case VALUE_STRING -> json.getText();
              case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Literal(json.getText());
              case START_OBJECT -> object(depth);
              default -> throw DicomException.at(tag, "a value that is no string, number, object or null");
            });
      }
      return read;
    }

    /** An item or a name, which their members tell apart. */
    private Object object(int depth) throws IOException {
      json.nextToken();
      String first = json.currentName();
      if (json.currentToken() == JsonToken.FIELD_NAME && isGroup(first)) {
        return name();
      }
      if (depth >= limits.maxDepth()) {
        throw DicomException.at(tag, "more than " + limits.maxDepth() + " sequences inside each other");
      }
      countItem();
      Dataset item = new Dataset();
      while (json.currentToken() != JsonToken.END_OBJECT) {
        readAttribute(item, depth + 1);
        json.nextToken();
      }
      return item;
    }

    private static boolean isGroup(String member) {
      return member.equals("Alphabetic") || member.equals("Ideographic") || member.equals("Phonetic");
    }

    private PersonName name() throws IOException {
      String alphabetic = "";
      String ideographic = "";
      String phonetic = "";
      while (json.currentToken() != JsonToken.END_OBJECT) {
        String member = json.currentName();
        String group = text(json.nextToken());
        if (group.indexOf('=') >= 0) {
          throw DicomException.at(tag, "a component group with a separator of groups in it");
        }
        switch (member) {
          case "Alphabetic" -> alphabetic = group;
          case "Ideographic" -> ideographic = group;
          case "Phonetic" -> phonetic = group;
          default -> throw DicomException.at(tag, "a member of a name that is no component group");
        }
        json.nextToken();
      }
      return new PersonName(alphabetic, ideographic, phonetic);
    }

    Element element() throws IOException {
      if (vr == null) {
        throw DicomException.at(tag, "the vr is missing");
      }
      if (tag == Tag.SpecificCharacterSet && vr != VR.CS) {
        throw DicomException.at(tag, "VR " + vr + ", which is always CS");
      }
      int forms = (values == null ? 0 : 1) + (inline == null ? 0 : 1) + (uri == null ? 0 : 1);
      if (forms > 1) {
        throw DicomException.at(tag, "more than one of Value, InlineBinary and BulkDataURI");
      }
      if (vr == VR.SQ) {
        return sequence();
      }
      try {
        return Element.of(tag, vr, bytes());
      } catch (IllegalArgumentException e) {
        throw DicomException.at(tag, "a value that " + vr + " cannot hold");
      }
    }

    private Element sequence() throws DicomException {
      if (inline != null || uri != null) {
        throw DicomException.at(tag, "a sequence that is no Value");
      }
      List<Dataset> items = new ArrayList<>();
      for (Object value : values == null ? List.of() : values) {
        if (!(value instanceof Dataset)) {
          throw DicomException.at(tag, "an item that is no object");
        }
        items.add((Dataset) value);
      }
      return Element.ofItems(tag, items);
    }

    private byte[] bytes() throws IOException {
      if (uri != null) {
        return bulkData.value(tag, vr, uri);
      }
      if (inline != null && DicomJsonWriter.hasInlineBinary(vr)) {
        return inline;
      }
      if (inline != null || values != null && DicomJsonWriter.hasInlineBinary(vr)) {
        throw DicomException.at(tag, "VR " + vr + " in the wrong one of Value and InlineBinary");
      }
      if (values == null || values.isEmpty()) {
        return new byte[0];
      }
      return vr.isText() ? textBytes() : Element.ofNumbers(tag, vr, numbers()).bytes();
    }

    private List<String> numbers() throws DicomException {
      List<String> numbers = new ArrayList<>();
      for (Object value : values) {
        if (value == null) {
          throw DicomException.at(tag, "null, which VR " + vr + " cannot hold");
        }
        numbers.add(plain(value));
      }
      return numbers;
    }

    private byte[] textBytes() throws DicomException {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < values.size(); i++) {
        text.append(i == 0 ? "" : "\\").append(values.get(i) == null ? "" : value(values.get(i)));
      }
      if (values.size() > 1 && !isMultiValued()) {
        throw DicomException.at(tag, "several values, of which VR " + vr + " holds one");
      }
      String joined = text.toString();
      boolean ascii = joined.chars().allMatch(c -> c < 0x80);
      if (!ascii && !vr.isLocalized()) {
        throw DicomException.at(tag, "a character that VR " + vr + " cannot hold");
      }
      if (tag == Tag.SpecificCharacterSet) {
        needsUtf8 = true;
        return UTF_8.getBytes(StandardCharsets.US_ASCII);
      }
      needsUtf8 |= !ascii;
      return joined.getBytes(StandardCharsets.UTF_8);
    }

    private boolean isMultiValued() {
      return switch (vr) {
        case LT, ST, UR, UT -> false;
        default -> true;
      };
    }

    private String value(Object value) throws DicomException {
      if (vr == VR.PN && value instanceof PersonName) {
        return separate(((PersonName) value).value());
      }
      if (vr == VR.PN && value instanceof Dataset && ((Dataset) value).isEmpty()) {
        return "";
      }
      if ((vr == VR.DS || vr == VR.IS) && value instanceof Literal) {
        byte[] number = Element.ofNumbers(tag, vr, List.of(plain(value))).bytes();
        return new String(number, StandardCharsets.US_ASCII);
      }
      if (!(value instanceof String)) {
        throw DicomException.at(tag, "a value that VR " + vr + " cannot hold");
      }
      return separate((String) value);
    }

    /** A separator inside a value would make two of it. */
    private String separate(String value) throws DicomException {
      if (isMultiValued() && value.indexOf('\\') >= 0) {
        throw DicomException.at(tag, "a value with a separator of values in it");
      }
      return value;
    }

    private String plain(Object value) throws DicomException {
      if (value instanceof Literal) {
        return ((Literal) value).text();
      }
      if (value instanceof String) {
        return (String) value;
      }
      throw DicomException.at(tag, "a value that VR " + vr + " cannot hold");
    }
  }

  /** A number as it is written. */
  private record Literal(String text) {}
}
