package nmsw.dicom.net;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link DicomClient} proposes beside presentation contexts (PS3.7 §D.3.3).
 *
 * @param operations that may be under way at a time; more than 1 proposes an asynchronous operations window
 * @param providedClasses SOP classes that the SCP's role is asked for, and only that (role selection)
 * @param extended service-class application information by SOP class (extended negotiation)
 * @param identity who we are; empty shows nothing
 */
public record AssociationOptions(
    int operations,
    Set<String> providedClasses,
    Map<String, byte[]> extended,
    Optional<UserIdentity> identity) {

  private static final int MAX_OPERATIONS = 1000;

  public AssociationOptions {
    if (operations < 1 || operations > MAX_OPERATIONS) {
      throw new IllegalArgumentException("operations can't be " + operations);
    }
    providedClasses = Set.copyOf(providedClasses);
    extended = Map.copyOf(extended);
  }

  /** One operation at a time, and nothing else. */
  public static AssociationOptions none() {
    return new AssociationOptions(1, Set.of(), Map.of(), Optional.empty());
  }

  public AssociationOptions withOperations(int number) {
    return new AssociationOptions(number, providedClasses, extended, identity);
  }

  public AssociationOptions withProvidedClasses(Set<String> sopClassUids) {
    return new AssociationOptions(operations, sopClassUids, extended, identity);
  }

  public AssociationOptions withExtended(String sopClassUid, byte[] information) {
    Map<String, byte[]> more = new HashMap<>(extended);
    more.put(sopClassUid, information.clone());
    return new AssociationOptions(operations, providedClasses, more, identity);
  }

  public AssociationOptions withIdentity(UserIdentity user) {
    return new AssociationOptions(operations, providedClasses, extended, Optional.of(user));
  }
}
