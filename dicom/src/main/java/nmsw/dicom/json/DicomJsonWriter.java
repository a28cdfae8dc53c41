package nmsw.dicom.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.PersonName;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;

/**
 * Writes data sets as DICOM JSON (PS3.18 annex F) in UTF-8. Groups 0000 and 0002 and group lengths are left
 * out; Specific Character Set, where there is one, says ISO_IR 192, as the text then is. IS and DS become
 * numbers where their text is allowed and one in JSON too, else strings, so that no digit is lost.
 */
public final class DicomJsonWriter {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");
  private static final Pattern INTEGER = Pattern.compile("-?\\d{1,10}");

  private final JsonGenerator json;
  private final BulkDataUris uris;

  private DicomJsonWriter(JsonGenerator json, BulkDataUris uris) {
    this.json = json;
    this.uris = uris;
  }

  /**
   * Writes one data set as an object; the stream is flushed, not closed.
   *
   * @throws DicomException if pixel data are encapsulated, which have no form in JSON, and no URI is given
   */
  public static void write(Dataset dataset, BulkDataUris uris, OutputStream out) throws IOException {
    try (JsonGenerator json = generator(out)) {
      new DicomJsonWriter(json, uris).write(dataset, "");
    }
    out.flush();
  }

  /** Writes data sets as an array of objects; the stream is flushed, not closed. */
  public static void writeAll(Iterable<Dataset> datasets, BulkDataUris uris, OutputStream out) throws IOException {
    try (JsonGenerator json = generator(out)) {
      json.writeStartArray();
      for (Dataset dataset : datasets) {
        new DicomJsonWriter(json, uris).write(dataset, "");
      }
      json.writeEndArray();
    }
    out.flush();
  }

  private static JsonGenerator generator(OutputStream out) throws IOException {
    // What fails in the middle must not be closed into a document that looks whole.
    return JSON.createGenerator(out)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
  }

  private void write(Dataset dataset, String prefix) throws IOException {
    json.writeStartObject();
    for (Element element : dataset) {
      int tag = element.tag();
      if (tag >>> 16 > 0x0002 && (tag & 0xFFFF) != 0) {
        String name = String.format("%08X", tag);
        json.writeObjectFieldStart(name);
        if (tag == Tag.SpecificCharacterSet) {
          writeUtf8(element);
        } else {
          json.writeStringField("vr", element.vr().name());
          writeValue(dataset, element, prefix + name);
        }
        json.writeEndObject();
      }
    }
    json.writeEndObject();
  }

  /** Whatever stood there, under whatever VR: all text is UTF-8 now. */
  private void writeUtf8(Element element) throws IOException {
    json.writeStringField("vr", VR.CS.name());
    if (element.bytes().length > 0) {
      json.writeArrayFieldStart("Value");
      json.writeString("ISO_IR 192");
      json.writeEndArray();
    }
  }

  private void writeValue(Dataset dataset, Element element, String path) throws IOException {
    if (element.isSequence()) {
      writeItems(element, path);
      return;
    }
    Optional<String> uri = uris.uriOf(path, element);
    if (uri.isPresent()) {
      json.writeStringField("BulkDataURI", uri.get());
    } else if (element.isEncapsulated()) {
      throw DicomException.at(element.tag(), "encapsulated, which JSON can only refer to");
    } else if (!element.isEmpty()) {
      if (hasInlineBinary(element.vr())) {
        json.writeBinaryField("InlineBinary", element.bytes());
      } else {
        writeValues(dataset, element);
      }
    }
  }

  static boolean hasInlineBinary(VR vr) {
    return switch (vr) {
      case OB, OD, OF, OL, OV, OW, UN -> true;
      default -> false;
    };
  }

  private void writeItems(Element sequence, String path) throws IOException {
    if (!sequence.items().isEmpty()) {
      json.writeArrayFieldStart("Value");
      for (int i = 0; i < sequence.items().size(); i++) {
        write(sequence.items().get(i), path + "/" + i + "/");
      }
      json.writeEndArray();
    }
  }

  private void writeValues(Dataset dataset, Element element) throws IOException {
    List<String> values = dataset.strings(element.tag());
    if (values.stream().allMatch(String::isEmpty) && values.size() <= 1) {
      return;
    }
    json.writeArrayFieldStart("Value");
    for (String value : values) {
      if (value.isEmpty()) {
        json.writeNull();
      } else if (element.vr() == VR.PN) {
        writeName(PersonName.parse(value));
      } else if (NUMBER.matcher(value).matches() && isNumber(element.vr(), value)) {
        json.writeNumber(value);
      } else {
        json.writeString(value);
      }
    }
    json.writeEndArray();
  }

  /** Of IS and DS only what they may hold (PS3.5 §6.2): a reader refuses other numbers, or shortens them. */
  private static boolean isNumber(VR vr, String number) {
    return switch (vr) {
      case DS -> number.length() <= 16;
      case IS -> INTEGER.matcher(number).matches() && Long.parseLong(number) == (int) Long.parseLong(number);
      case FD, FL, SL, SS, SV, UL, US, UV -> true;
      default -> false;
    };
  }

  private void writeName(PersonName name) throws IOException {
    json.writeStartObject();
    writeGroup("Alphabetic", name.alphabetic());
    writeGroup("Ideographic", name.ideographic());
    writeGroup("Phonetic", name.phonetic());
    json.writeEndObject();
  }

  private void writeGroup(String key, String group) throws IOException {
    if (!group.isEmpty()) {
      json.writeStringField(key, group);
    }
  }
}
