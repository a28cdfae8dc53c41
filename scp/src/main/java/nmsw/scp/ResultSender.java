package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;

/** Sends the objects of results by C-STORE. */
record ResultSender(String aeTitle, ClientConfig config) implements Deliverer.Sender {
  /** A compressed form is proposed by itself, so that a peer which takes both may be sent either. */
  static final List<ProposedContext> CONTEXTS =
      List.of(
          ProposedContext.uncompressed(Uid.SegmentationStorage),
          ProposedContext.of(Uid.SegmentationStorage, TransferSyntax.DEFLATED_LE),
          ProposedContext.of(Uid.SegmentationStorage, TransferSyntax.RLE_LOSSLESS),
          ProposedContext.uncompressed(Uid.LabelMapSegmentationStorage),
          ProposedContext.of(Uid.LabelMapSegmentationStorage, TransferSyntax.DEFLATED_LE),
          ProposedContext.of(Uid.LabelMapSegmentationStorage, TransferSyntax.RLE_LOSSLESS),
          ProposedContext.uncompressed(Uid.Comprehensive3DSRStorage),
          ProposedContext.uncompressed(Uid.SecondaryCaptureImageStorage));

  @Override
  public Deliverer.Delivery open(RemoteAe remote) throws IOException {
    DicomClient client = DicomClient.connect(remote, aeTitle, CONTEXTS, config);
    return new Deliverer.Delivery() {
      @Override
      public Status store(Path file) throws IOException {
        return client.store(file);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }
}
