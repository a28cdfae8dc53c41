package nmsw.scp.operations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.scp.spool.Spool;

/** What the first object of each series says of it, for people; those asked for last are kept in memory. */
final class SeriesHeaders {
  private static final int MOST = 1000;
  private static final int MOST_CHARACTERS = 256;

  /** Beyond all attributes that are looked at. */
  private static final int STOP = Tag.PatientID + 1;

  /** Values as they were sent, cut where they are long: nothing to be trusted. Empty where there is none. */
  record Header(String seriesDescription, String studyDescription, String patientName, String patientId) {
    static final Header NONE = new Header("", "", "", "");
  }

  private final Spool spool;
  private final Map<String, Header> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Header> eldest) {
          return size() > MOST;
        }
      };

  SeriesHeaders(Spool spool) {
    this.spool = spool;
  }

  /** Without values where the objects are gone. */
  Header of(String seriesUid) throws IOException {
    synchronized (known) {
      Header header = known.get(seriesUid);
      if (header != null) {
        return header;
      }
    }
    List<Path> objects = spool.objects(seriesUid);
    if (objects.isEmpty()) {
      return Header.NONE;
    }
    Dataset dataset = DicomReader.readUntil(objects.get(0), STOP).dataset();
    Header read =
        new Header(
            text(dataset, Tag.SeriesDescription),
            text(dataset, Tag.StudyDescription),
            text(dataset, Tag.PatientName),
            text(dataset, Tag.PatientID));
    synchronized (known) {
      known.put(seriesUid, read);
    }
    return read;
  }

  private static String text(Dataset dataset, int tag) {
    String text = dataset.string(tag).orElse("");
    return text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "\u2026" : text;
  }
}
