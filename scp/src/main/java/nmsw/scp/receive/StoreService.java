package nmsw.scp.receive;

import java.io.IOException;
import java.io.InputStream;
import java.sql.SQLException;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.events.NodeListener;
import nmsw.scp.review.Corrections;
import nmsw.scp.spool.Spool;
import nmsw.scp.spool.StoredObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers C-STORE: into the spool, durable, then success; or a status that says why not, and a log line. */
public final class StoreService implements StoreHandler {
  private static final Logger LOG = LoggerFactory.getLogger(StoreService.class);

  private final Spool spool;
  private final SeriesAssembler assembler;
  private final Optional<Corrections> corrections;
  private final NodeListener listener;

  /** @param corrections empty where none are taken: then their SOP classes are not accepted */
  public StoreService(Spool spool, SeriesAssembler assembler, Optional<Corrections> corrections, NodeListener listener) {
    this.spool = spool;
    this.assembler = assembler;
    this.corrections = corrections;
    this.listener = listener;
  }

  @Override
  public Status store(StoreRequest request, InputStream dataset) throws IOException {
    try {
      Spool.Received received = receive(request, dataset);
      listener.objectStored(
          new StoredObject(
              request.association(),
              request.sopClassUid(),
              received.seriesUid(),
              received.outcome(),
              received.bytes()));
      return Status.SUCCESS;
    } catch (DicomException e) {
      int code = e.status().orElse(Status.CANNOT_UNDERSTAND.code());
      refused(request, new Status(code), e.getMessage());
      throw e;
    } catch (SQLException e) {
      // Safe in the spool, but nobody would work on it before the next start: let the sender try again.
      refused(request, Status.OUT_OF_RESOURCES, "the database failed: " + e.getMessage());
      return Status.OUT_OF_RESOURCES;
    }
  }

  private Spool.Received receive(StoreRequest request, InputStream dataset) throws IOException, SQLException {
    if (corrections.isPresent() && Corrections.SOP_CLASSES.contains(request.sopClassUid())) {
      return corrections.get().receive(request, dataset);
    }
    Spool.Received received = spool.receive(request, dataset);
    assembler.stored(received, request.association());
    return received;
  }

  @Override
  public void associationClosed(AssociationInfo association, boolean released) {
    assembler.associationClosed(association, released);
    listener.associationClosed(association, released);
  }

  @Override
  public void associationOpened(AssociationInfo association) {
    listener.associationOpened(association);
  }

  @Override
  public void associationRejected(AssociationInfo association, String why) {
    listener.associationRejected(association, why);
  }

  @Override
  public void handshakeFailed(String remoteAddress, String why) {
    listener.handshakeFailed(remoteAddress, why);
  }

  private void refused(StoreRequest request, Status status, String why) {
    LOG.warn(
        "object {} from {} refused with status {}: {}",
        request.sopInstanceUid(),
        request.association().callingAeTitle(),
        String.format("%04XH", status.code()),
        why);
    listener.objectRefused(status);
  }
}
