package nmsw.scp;

/**
 * Told what happens in a node, on the thread on which it happens: return quickly, throw nothing. Every method has an
 * empty default.
 */
public interface NodeListener {
  /** A series changed its state; the change is already in the database. */
  default void seriesChanged(SeriesRecord series) {}

  /** The network is done with a series; its result is about to be put into the outbox. */
  default void segmented(String seriesUid, SegmentedSeries result) {}

  /** A destination has accepted the result of a series. */
  default void delivered(String seriesUid, String destination) {}

  /** A destination did not accept the result of a series; it is tried again. */
  default void deliveryFailed(String seriesUid, String destination, String cause) {}
}
