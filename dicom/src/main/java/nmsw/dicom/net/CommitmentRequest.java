package nmsw.dicom.net;

import java.util.List;

/** A peer asks us to take the responsibility for objects (PS3.4 §J.3.2). */
public record CommitmentRequest(
    AssociationInfo association, String transactionUid, List<SopReference> references) {
  public CommitmentRequest {
    references = List.copyOf(references);
  }
}
