package nmsw.scp.spool;

/** What became of an object that was acknowledged. */
public enum ObjectOutcome {
  /** Stored; it was not there before. */
  NEW,
  /** The very same object was there already; nothing changed. */
  DUPLICATE,
  /** Another object with the same UID was there already; this one was put beside it and is not used. */
  CONFLICT
}
