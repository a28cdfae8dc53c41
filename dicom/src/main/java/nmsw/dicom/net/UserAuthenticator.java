package nmsw.dicom.net;

import java.util.Optional;

/** Says whom a server lets in beyond AE titles and addresses (PS3.7 §D.3.3.7). */
@FunctionalInterface
public interface UserAuthenticator {
  /**
   * Whether the association is let in; if not, it is rejected for good, without a reason that would help to guess.
   *
   * @param identity what the peer shows; empty if nothing
   */
  boolean accepts(AssociationInfo association, Optional<UserIdentity> identity);
}
