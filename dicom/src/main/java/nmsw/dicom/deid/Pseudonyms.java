package nmsw.dicom.deid;

import java.nio.ByteBuffer;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/** What a key makes of a patient, and of UIDs. */
final class Pseudonyms {
  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int CHARACTERS = 16;
  private static final int LEAST_DAYS = 366;
  private static final int MOST_DAYS = 10 * 365;

  private final DeidentificationKey key;

  Pseudonyms(DeidentificationKey key) {
    this.key = key;
  }

  /**
   * Whose object it is: the Patient ID without its issuer, which tools that make derived objects forget.
   */
  static String identity(Dataset object) {
    for (int tag : List.of(Tag.PatientID, Tag.PatientName, Tag.StudyInstanceUID, Tag.SOPInstanceUID)) {
      String value = object.string(tag).orElse("");
      if (!value.isBlank()) {
        return tag + " " + value.strip();
      }
    }
    return "";
  }

  /** 80 bits of the hash as 16 characters, five bits each, none of which is easily taken for another. */
  String patient(String identity) {
    byte[] hash = key.hash("patient", identity);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < CHARACTERS; i++) {
      int bit = 5 * i;
      int two = (hash[bit / 8] & 0xFF) << 8 | hash[bit / 8 + 1] & 0xFF;
      text.append(ALPHABET.charAt(two >> 11 - bit % 8 & 31));
    }
    return text.toString();
  }

  /** By how many days the patient's dates move back: one to ten years. */
  int days(String identity) {
    long number = ByteBuffer.wrap(key.hash("days", identity)).getLong();
    return LEAST_DAYS + (int) Long.remainderUnsigned(number, MOST_DAYS - LEAST_DAYS);
  }

  /** The UID to take instead; a registered one identifies no instance and stays. */
  String uid(String original) {
    boolean registered = !Uid.nameOf(original).equals(original);
    return original.isEmpty() || registered ? original : Uid.ofHash(key.hash("uid", original));
  }
}
