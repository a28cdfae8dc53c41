package nmsw.scp.events;

/** Why a series was removed from the spool. */
public enum RemovalReason {
  /** It was finished for long enough. */
  AGE,
  /** The spool was too large. */
  TOTAL
}
