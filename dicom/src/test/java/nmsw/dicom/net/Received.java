package nmsw.dicom.net;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** Keeps what is stored. */
final class Received implements StoreHandler {
  final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  final List<StoreRequest> requests = new CopyOnWriteArrayList<>();
  final BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
  final BlockingQueue<String> failedHandshakes = new LinkedBlockingQueue<>();

  @Override
  public Status store(StoreRequest request, InputStream dataset) throws IOException {
    requests.add(request);
    objects.put(request.sopInstanceUid(), dataset.readAllBytes());
    return Status.SUCCESS;
  }

  @Override
  public void handshakeFailed(String remoteAddress, String why) {
    failedHandshakes.add(remoteAddress + " " + why);
  }

  @Override
  public void associationClosed(AssociationInfo association, boolean released) {
    closed.add(released);
  }
}
