package nmsw.dicom.net;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import nmsw.dicom.Tag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Many C-STOREs, several under way where the peer agreed to that (PS3.7 §D.3.3.3). */
final class StoreBatch {
  private static final Logger LOG = LoggerFactory.getLogger(StoreBatch.class);
  private static final int ATTEMPTS = 2;

  private final DicomClient client;
  private final List<Path> files;
  private final StoreResult[] results;
  private final int[] attempts;
  private final Queue<Integer> toSend = new ArrayDeque<>();
  private final Map<Integer, Sent> underWay = new HashMap<>();

  private record Sent(int index, CommandSet request) {}

  StoreBatch(DicomClient client, List<Path> files) {
    this.client = client;
    this.files = List.copyOf(files);
    results = new StoreResult[files.size()];
    attempts = new int[files.size()];
    for (int i = 0; i < results.length; i++) {
      toSend.add(i);
    }
  }

  List<StoreResult> run() {
    while (!toSend.isEmpty() || !underWay.isEmpty()) {
      if (underWay.isEmpty()) {
        try {
          client.open();
        } catch (IOException e) {
          giveUp(e);
          break;
        }
      }
      try {
        step();
      } catch (AssociationAborted e) {
        LOG.warn("{} objects under way to {} were cut off: {}", underWay.size(), client.remote(), e.getMessage());
        underWay.values().forEach(sent -> again(sent.index, e));
        underWay.clear();
      }
    }
    return Arrays.asList(results);
  }

  /** Sends one object or takes one answer. */
  private void step() throws AssociationAborted {
    if (toSend.isEmpty() || underWay.size() == client.window()) {
      receive();
    } else {
      send(toSend.remove());
    }
  }

  private void send(int index) throws AssociationAborted {
    attempts[index]++;
    try {
      CommandSet request = client.send(files.get(index));
      underWay.put(request.messageId(), new Sent(index, request));
    } catch (AssociationAborted e) {
      again(index, e);
      throw e;
    } catch (IOException e) {
      results[index] = StoreResult.failed(files.get(index), e);
    }
  }

  private void receive() throws AssociationAborted {
    try {
      CommandSet response = client.response("C-STORE");
      int messageId = response.integer(Tag.MessageIDBeingRespondedTo).orElse(-1);
      Sent sent = underWay.get(messageId);
      if (sent == null || response.field() != CommandSet.C_STORE_RSP) {
        throw client.abort("the peer answered something else than C-STORE");
      }
      Status status = client.logged(response, DicomClient.inWords(sent.request));
      results[sent.index] = StoreResult.answered(files.get(sent.index), status);
      underWay.remove(messageId);
    } catch (AssociationAborted e) {
      throw e;
    } catch (IOException e) {
      throw client.abort("the peer's answer can't be read: " + e.getMessage());
    }
  }

  private void again(int index, AssociationAborted why) {
    if (attempts[index] < ATTEMPTS) {
      toSend.add(index);
    } else {
      results[index] = StoreResult.failed(files.get(index), why);
    }
  }

  /** There is no association to be had. */
  private void giveUp(IOException why) {
    toSend.forEach(index -> results[index] = StoreResult.failed(files.get(index), why));
    toSend.clear();
  }
}
