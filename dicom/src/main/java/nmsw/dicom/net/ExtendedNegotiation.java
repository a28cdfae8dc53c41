package nmsw.dicom.net;

import java.util.Optional;

/** SOP class extended negotiation of a server (PS3.7 §D.3.3.5). */
@FunctionalInterface
public interface ExtendedNegotiation {
  /**
   * Answers for one class of an accepted context.
   *
   * @param proposed service-class application information, its form as PS3.4 says for the class
   * @return ours; empty if the class has no extended negotiation here
   */
  Optional<byte[]> answer(String sopClassUid, byte[] proposed);
}
