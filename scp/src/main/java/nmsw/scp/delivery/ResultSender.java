package nmsw.scp.delivery;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;

/**
 * Sends the objects of results to one application entity by C-STORE.
 *
 * @param aeTitle who we are there
 * @param commitment whether storage commitment is proposed too
 */
record ResultSender(RemoteAe remote, String aeTitle, boolean commitment, ClientConfig config)
    implements Deliverer.Sender {
  /** A compressed form is proposed by itself, so that a peer which takes both may be sent either. */
  static final List<ProposedContext> STORAGE =
      List.of(
          ProposedContext.uncompressed(Uid.SegmentationStorage),
          ProposedContext.of(Uid.SegmentationStorage, TransferSyntax.DEFLATED_LE),
          ProposedContext.of(Uid.SegmentationStorage, TransferSyntax.RLE_LOSSLESS),
          ProposedContext.uncompressed(Uid.LabelMapSegmentationStorage),
          ProposedContext.of(Uid.LabelMapSegmentationStorage, TransferSyntax.DEFLATED_LE),
          ProposedContext.of(Uid.LabelMapSegmentationStorage, TransferSyntax.RLE_LOSSLESS),
          ProposedContext.uncompressed(Uid.Comprehensive3DSRStorage),
          ProposedContext.uncompressed(Uid.SecondaryCaptureImageStorage));

  static final ProposedContext COMMITMENT = ProposedContext.uncompressed(Uid.StorageCommitmentPushModel);

  @Override
  public Deliverer.Delivery open() throws IOException {
    List<ProposedContext> contexts = new ArrayList<>(STORAGE);
    if (commitment) {
      contexts.add(COMMITMENT);
    }
    DicomClient client = DicomClient.connect(remote, aeTitle, contexts, config);
    return new Deliverer.Delivery() {
      @Override
      public Status store(Path file) throws IOException {
        return client.store(file);
      }

      @Override
      public Status requestCommitment(String transactionUid, List<SopReference> objects) throws IOException {
        return client.requestCommitment(transactionUid, objects);
      }

      @Override
      public Optional<CommitmentReport> awaitCommitment(Duration patience) throws IOException {
        return client.awaitCommitment(patience);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }

  @Override
  public String toString() {
    return remote.toString();
  }
}
