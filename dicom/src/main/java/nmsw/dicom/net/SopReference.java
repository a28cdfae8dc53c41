package nmsw.dicom.net;

import nmsw.dicom.Uid;

/** Names one object by its class and instance UIDs. */
public record SopReference(String sopClassUid, String sopInstanceUid) {
  public SopReference {
    if (!Uid.isValid(sopClassUid) || !Uid.isValid(sopInstanceUid)) {
      throw new IllegalArgumentException("a reference needs two UIDs: '" + sopClassUid + "', '" + sopInstanceUid + "'");
    }
  }
}
