package nmsw.scp.events;

import java.util.List;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.Stage;
import nmsw.scp.spool.StoredObject;

/**
 * Tells several, in their order.
 *
 * @param all may grow as long as nothing happens yet
 */
public record NodeListeners(List<NodeListener> all) implements NodeListener {
  @Override
  public void associationOpened(AssociationInfo association) {
    all.forEach(listener -> listener.associationOpened(association));
  }

  @Override
  public void associationRejected(AssociationInfo association, String why) {
    all.forEach(listener -> listener.associationRejected(association, why));
  }

  @Override
  public void handshakeFailed(String remoteAddress, String why) {
    all.forEach(listener -> listener.handshakeFailed(remoteAddress, why));
  }

  @Override
  public void objectStored(StoredObject object) {
    all.forEach(listener -> listener.objectStored(object));
  }

  @Override
  public void objectRefused(Status status) {
    all.forEach(listener -> listener.objectRefused(status));
  }

  @Override
  public void associationClosed(AssociationInfo association, boolean released) {
    all.forEach(listener -> listener.associationClosed(association, released));
  }

  @Override
  public void seriesChanged(SeriesRecord series) {
    all.forEach(listener -> listener.seriesChanged(series));
  }

  @Override
  public void progress(String seriesUid, Stage stage, double fraction) {
    all.forEach(listener -> listener.progress(seriesUid, stage, fraction));
  }

  @Override
  public void segmented(String seriesUid, SegmentedSeries result) {
    all.forEach(listener -> listener.segmented(seriesUid, result));
  }

  @Override
  public void delivered(String seriesUid, String destination, String sopClassUid) {
    all.forEach(listener -> listener.delivered(seriesUid, destination, sopClassUid));
  }

  @Override
  public void deliveryFailed(String seriesUid, String destination, String cause) {
    all.forEach(listener -> listener.deliveryFailed(seriesUid, destination, cause));
  }

  @Override
  public void seriesRemoved(String seriesUid, RemovalReason reason, long bytes) {
    all.forEach(listener -> listener.seriesRemoved(seriesUid, reason, bytes));
  }

  @Override
  public void moved(Part part, String name) {
    all.forEach(listener -> listener.moved(part, name));
  }

  @Override
  public void rested(Part part, String name) {
    all.forEach(listener -> listener.rested(part, name));
  }

  @Override
  public void stopping() {
    all.forEach(NodeListener::stopping);
  }
}
