package nmsw.scp;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.BlockingQueue;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;

/** What a PACS would keep. */
record Receiver(BlockingQueue<Dataset> received) implements StoreHandler {
  @Override
  public Status store(StoreRequest request, InputStream dataset) throws IOException {
    received.add(DicomReader.readDataset(dataset, request.transferSyntax(), ParseLimits.defaults()));
    return Status.SUCCESS;
  }
}
