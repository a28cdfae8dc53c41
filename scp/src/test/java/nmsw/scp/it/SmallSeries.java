package nmsw.scp.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;

/** A phantom of few coarse slices, as often as wanted under other UIDs. */
final class SmallSeries {
  private final List<Dataset> slices = new ArrayList<>();

  /**
   * @param folder for its files, need not exist
   * @param pixels of a row and of a column
   */
  SmallSeries(Path folder, int pixels, int slices) throws IOException {
    SliceStack stack =
        AbdomenPhantom.standardStack(pixels, pixels, slices, 435.0 / pixels, 435.0 / pixels, 200.0 / slices);
    for (Path file : PhantomSeries.write(folder, new AbdomenPhantom(1), stack, 1)) {
      this.slices.add(DicomReader.read(file).dataset());
    }
  }

  /** The slices of the series with a name. */
  List<Dataset> named(String name) throws IOException {
    List<Dataset> series = new ArrayList<>();
    for (Dataset slice : slices) {
      Dataset copy = slice.copy();
      for (int tag : List.of(Tag.StudyInstanceUID, Tag.SeriesInstanceUID, Tag.SOPInstanceUID)) {
        copy.putString(tag, Uid.derived("small", name, slice.requireString(tag)));
      }
      series.add(copy);
    }
    return series;
  }

  /**
   * Sends over one association until it is done or something is not accepted.
   *
   * @param objects what is acknowledged is taken out
   */
  static void send(int port, List<Dataset> objects) throws IOException {
    ProposedContext context = ProposedContext.of(Uid.CTImageStorage, TransferSyntax.EXPLICIT_LE);
    RemoteAe node = new RemoteAe("NMSW", "127.0.0.1", port);
    try (DicomClient client = DicomClient.connect(node, "MODALITY", List.of(context), ClientConfig.defaults())) {
      while (!objects.isEmpty() && client.store(objects.get(0), TransferSyntax.EXPLICIT_LE).isSuccess()) {
        objects.remove(0);
      }
    }
  }
}
