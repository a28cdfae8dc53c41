package nmsw.dicom.net;

import java.util.Optional;

/** What a {@link DicomServer} does with what peers ask of it; services that are empty are not offered. */
public record ServerHandlers(
    StoreHandler storage,
    Optional<CommitmentProvider> commitmentProvider,
    Optional<CommitmentListener> commitmentListener,
    Optional<UserAuthenticator> authenticator,
    Optional<ExtendedNegotiation> extendedNegotiation) {

  public static ServerHandlers of(StoreHandler storage) {
    return new ServerHandlers(
        storage, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  public ServerHandlers withCommitmentProvider(CommitmentProvider provider) {
    return new ServerHandlers(
        storage, Optional.of(provider), commitmentListener, authenticator, extendedNegotiation);
  }

  public ServerHandlers withCommitmentListener(CommitmentListener listener) {
    return new ServerHandlers(
        storage, commitmentProvider, Optional.of(listener), authenticator, extendedNegotiation);
  }

  public ServerHandlers withAuthenticator(UserAuthenticator users) {
    return new ServerHandlers(
        storage, commitmentProvider, commitmentListener, Optional.of(users), extendedNegotiation);
  }

  public ServerHandlers withExtendedNegotiation(ExtendedNegotiation negotiation) {
    return new ServerHandlers(
        storage, commitmentProvider, commitmentListener, authenticator, Optional.of(negotiation));
  }
}
