package nmsw.scp.events;

import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.Stage;
import nmsw.scp.spool.StoredObject;

/**
 * Told what happens in a node, on the thread on which it happens: return quickly, throw nothing. Every method
 * has an empty default.
 */
public interface NodeListener {
  /** An association with a peer is established. */
  default void associationOpened(AssociationInfo association) {}

  /**
   * A peer was not let in.
   *
   * @param why in words
   */
  default void associationRejected(AssociationInfo association, String why) {}

  /**
   * A connection came to no association because its TLS handshake failed, or it spoke no TLS.
   *
   * @param remoteAddress numeric, with its port
   * @param why in words
   */
  default void handshakeFailed(String remoteAddress, String why) {}

  /** An object was acknowledged: it is in the spool. */
  default void objectStored(StoredObject object) {}

  /** An object was refused with a status. */
  default void objectRefused(Status status) {}

  /** An association that was established is over. */
  default void associationClosed(AssociationInfo association, boolean released) {}

  /** A series changed its state; the change is already in the database. */
  default void seriesChanged(SeriesRecord series) {}

  /** The series that is being segmented got on; {@code fraction} runs from 0 to 1 within each stage. */
  default void progress(String seriesUid, Stage stage, double fraction) {}

  /** The network is done with a series; its objects are about to be put into the outbox. */
  default void segmented(String seriesUid, SegmentedSeries result) {}

  /**
   * A destination has accepted an object of the result of a series.
   *
   * @param sopClassUid of the object; empty if it cannot be told any more
   */
  default void delivered(String seriesUid, String destination, String sopClassUid) {}

  /** A destination did not accept an object of the result of a series; it is tried again. */
  default void deliveryFailed(String seriesUid, String destination, String cause) {}

  /** A series to which nothing more happens was removed from the spool. */
  default void seriesRemoved(String seriesUid, RemovalReason reason, long bytes) {}

  /**
   * A part that may not stand still has something to do, or got on with it.
   *
   * @param name of which there are several: the destination; else empty
   */
  default void moved(Part part, String name) {}

  /** A part has nothing to do. */
  default void rested(Part part, String name) {}

  /** The node is about to stop; what fails from now on is taken up at the next start. */
  default void stopping() {}
}
