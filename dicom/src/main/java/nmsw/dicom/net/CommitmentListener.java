package nmsw.dicom.net;

/** The SCU of storage commitment, as far as reports come on associations that the peer opens (PS3.4 Annex J). */
@FunctionalInterface
public interface CommitmentListener {
  /**
   * Takes a report.
   *
   * @return the answer: success, or {@link Status#PROCESSING_FAILURE} for a transaction that is not ours
   */
  Status reported(AssociationInfo association, CommitmentReport report);
}
