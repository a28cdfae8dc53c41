package nmsw.seg;

import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.volume.Code;

/** Coded concepts as sequence items (PS3.3 §8). */
final class CodeItem {
  private static final int LONGEST_CODE_VALUE = 16;

  private CodeItem() {}

  static Dataset of(Code code) {
    Dataset item = new Dataset();
    if (code.value().length() > LONGEST_CODE_VALUE) {
      item.putString(Tag.LongCodeValue, Text.ascii(code.value(), 1024, "code value"));
    } else {
      item.putString(Tag.CodeValue, Text.ascii(code.value(), LONGEST_CODE_VALUE, "code value"));
    }
    return item.putString(Tag.CodingSchemeDesignator, Text.ascii(code.scheme(), 16, "coding scheme"))
        .putString(Tag.CodeMeaning, Text.ascii(code.meaning(), 64, "code meaning"));
  }

  static List<Dataset> items(Code code) {
    return List.of(of(code));
  }

  /** The code of the first item of a sequence, if it is there with a value. */
  static Optional<Code> first(Dataset dataset, int sequence) {
    return dataset.items(sequence).stream().findFirst().flatMap(CodeItem::code);
  }

  private static Optional<Code> code(Dataset item) {
    return item.string(Tag.CodeValue)
        .or(() -> item.string(Tag.LongCodeValue))
        .or(() -> item.string(Tag.URNCodeValue))
        .map(
            value ->
                new Code(
                    item.string(Tag.CodingSchemeDesignator).orElse(""),
                    value,
                    item.string(Tag.CodeMeaning).orElse("")));
  }
}
