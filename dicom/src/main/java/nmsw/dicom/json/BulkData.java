package nmsw.dicom.json;

import java.io.IOException;
import nmsw.dicom.DicomException;
import nmsw.dicom.VR;

/** Gets values that a document only refers to (PS3.18 §F.2.6). */
@FunctionalInterface
public interface BulkData {
  /** Nothing that a document names is fetched. */
  BulkData REFUSED =
      (tag, vr, uri) -> {
        throw DicomException.at(tag, "the value is elsewhere (BulkDataURI), and nothing is fetched");
      };

  /** The value as little endian bytes. The URI comes from outside: trust no scheme, host or path in it. */
  byte[] value(int tag, VR vr, String uri) throws IOException;
}
