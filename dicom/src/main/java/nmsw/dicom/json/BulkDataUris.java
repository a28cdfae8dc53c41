package nmsw.dicom.json;

import java.util.Optional;
import nmsw.dicom.Element;

/** Says where values can be had that a document shall not hold itself (PS3.18 §F.2.6). */
@FunctionalInterface
public interface BulkDataUris {
  /** Every value stands in the document. */
  BulkDataUris NONE = (path, element) -> Optional.empty();

  /**
   * Asked for each element that is no sequence.
   *
   * @param path tags and numbers of items from 0, as a JSON pointer without its slash: {@code 7FE00010},
   *     {@code 00880200/0/7FE00010}
   */
  Optional<String> uriOf(String path, Element element);
}
