package nmsw.dicom.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What became of a request for storage commitment (PS3.4 §J.3.3). */
public record CommitmentReport(String transactionUid, List<SopReference> committed, List<Failed> failed) {

  /**
   * An object that the responsibility is not taken for.
   *
   * @param reason Failure Reason (0008,1197), PS3.3 §C.14.1.1
   */
  public record Failed(SopReference object, int reason) {
    public static final int PROCESSING_FAILURE = 0x0110;
    public static final int NO_SUCH_OBJECT_INSTANCE = 0x0112;
    public static final int CLASS_INSTANCE_CONFLICT = 0x0119;
    public static final int SOP_CLASS_NOT_SUPPORTED = 0x0122;
    public static final int DUPLICATE_TRANSACTION_UID = 0x0131;
    public static final int RESOURCE_LIMITATION = 0x0213;

    public Failed {
      if (reason < 0 || reason > 0xFFFF) {
        throw new IllegalArgumentException("reason " + reason + " does not fit 16 bits");
      }
    }
  }

  public CommitmentReport {
    committed = List.copyOf(committed);
    failed = List.copyOf(failed);
  }

  public boolean isComplete() {
    return failed.isEmpty();
  }

  /** The report of a provider that has what {@code has} says, and knows of nothing else. */
  public static CommitmentReport of(CommitmentRequest request, Predicate<SopReference> has) {
    List<SopReference> committed = new ArrayList<>();
    List<Failed> failed = new ArrayList<>();
    for (SopReference object : request.references()) {
      if (has.test(object)) {
        committed.add(object);
      } else {
        failed.add(new Failed(object, Failed.NO_SUCH_OBJECT_INSTANCE));
      }
    }
    return new CommitmentReport(request.transactionUid(), committed, failed);
  }

  static CommitmentReport failure(CommitmentRequest request, int reason) {
    return new CommitmentReport(
        request.transactionUid(),
        List.of(),
        request.references().stream().map(object -> new Failed(object, reason)).toList());
  }
}
