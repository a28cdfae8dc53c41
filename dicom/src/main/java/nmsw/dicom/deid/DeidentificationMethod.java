package nmsw.dicom.deid;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;

/** The codes of PS3.16 CID 7050, in their order. */
enum DeidentificationMethod {
  BASIC("113100", "Basic Application Confidentiality Profile"),
  CLEAN_PIXEL_DATA("113101", "Clean Pixel Data Option"),
  CLEAN_VISUAL_FEATURES("113102", "Clean Recognizable Visual Features Option"),
  CLEAN_GRAPHICS("113103", "Clean Graphics Option"),
  CLEAN_STRUCTURED_CONTENT("113104", "Clean Structured Content Option"),
  CLEAN_DESCRIPTORS("113105", "Clean Descriptors Option"),
  FULL_DATES("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
  MODIFIED_DATES("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
  PATIENT_CHARACTERISTICS("113108", "Retain Patient Characteristics Option"),
  DEVICE_IDENTITY("113109", "Retain Device Identity Option"),
  UIDS("113110", "Retain UIDs Option"),
  SAFE_PRIVATE("113111", "Retain Safe Private Option"),
  INSTITUTION_IDENTITY("113112", "Retain Institution Identity Option");

  private static final String SCHEME = "DCM";

  private final String value;
  private final String meaning;

  DeidentificationMethod(String value, String meaning) {
    this.value = value;
    this.meaning = meaning;
  }

  static Set<DeidentificationMethod> of(DeidentificationOptions options) {
    Set<DeidentificationMethod> methods = EnumSet.of(BASIC);
    if (options.cleanDescriptors()) {
      methods.add(CLEAN_DESCRIPTORS);
    }
    if (options.modifiedDates()) {
      methods.add(MODIFIED_DATES);
    }
    if (options.retainDeviceIdentity()) {
      methods.add(DEVICE_IDENTITY);
    }
    if (!options.safePrivate().isEmpty()) {
      methods.add(SAFE_PRIVATE);
    }
    return methods;
  }

  /**
   * What an item says that was done earlier, if it still holds: "clean" does, what an earlier option retained
   * may be gone now.
   */
  static Optional<DeidentificationMethod> declaredIn(Dataset item) {
    return Arrays.stream(values())
        .filter(method -> method.name().startsWith("CLEAN"))
        .filter(method -> item.string(Tag.CodingSchemeDesignator).orElse("").equals(SCHEME))
        .filter(method -> item.string(Tag.CodeValue).orElse("").equals(method.value))
        .findFirst();
  }

  Dataset code() {
    return new Dataset()
        .putString(Tag.CodeValue, value)
        .putString(Tag.CodingSchemeDesignator, SCHEME)
        .putString(Tag.CodeMeaning, meaning);
  }
}
