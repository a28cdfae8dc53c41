package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;

/** Sends Segmentations by C-STORE. */
record ResultSender(String aeTitle, ClientConfig config) implements Deliverer.Sender {
  private static final List<ProposedContext> CONTEXTS = List.of(ProposedContext.uncompressed(Uid.SegmentationStorage));

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
