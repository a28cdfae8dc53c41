package nmsw.scp.review;

/** What a correction is good for. */
public enum CorrectionState {
  /** It is in the spool; nobody has looked at it yet. */
  UNCHECKED,
  /** It labels the series with the model's classes. */
  FITS,
  /** It cannot be used; the reason says why. */
  UNFIT,
  /** It says what the node's own result says. */
  UNCHANGED,
  /** Another object with its SOP Instance UID had come before; it is kept aside. */
  CONFLICT
}
