package nmsw.dicom.net;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What became of one object of a batch: the peer's answer, or why there is none.
 *
 * @param status what the peer answered; empty if it did not
 * @param failure why it did not: the object can't be sent, or associations were lost; empty if it did
 */
public record StoreResult(Path file, Optional<Status> status, Optional<IOException> failure) {
  static StoreResult answered(Path file, Status status) {
    return new StoreResult(file, Optional.of(status), Optional.empty());
  }

  static StoreResult failed(Path file, IOException why) {
    return new StoreResult(file, Optional.empty(), Optional.of(why));
  }

  /** Whether the peer has the object, with a remark perhaps. */
  public boolean isStored() {
    return status.isPresent() && (status.get().isSuccess() || status.get().isWarning());
  }
}
