package nmsw.dicom.net;

import java.util.List;

/**
 * How a C-GET or C-MOVE ended (PS3.7 §9.1.3, §9.1.4).
 *
 * @param status success, a warning (B000H: some sub-operations failed), or FE00H after a C-CANCEL
 * @param completed sub-operations, as the peer counts them; 0 where it does not say, as for those below
 * @param failedInstances SOP Instance UIDs of those that failed, where the peer lists them
 */
public record Retrieval(
    Status status, int completed, int warnings, int failed, int remaining, List<String> failedInstances) {
  public Retrieval {
    failedInstances = List.copyOf(failedInstances);
  }

  /** Whether the peer says that all it has was sent and stored. */
  public boolean isComplete() {
    return status.isSuccess() && failed == 0 && failedInstances.isEmpty();
  }
}
