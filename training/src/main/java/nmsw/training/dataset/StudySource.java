package nmsw.training.dataset;

import java.io.IOException;
import java.util.List;

/** Where studies come from: a folder, whoever filled it. */
interface StudySource {
  /**
   * All of them, in an order that is the same each time.
   *
   * @throws IOException if the source as a whole can't be read
   */
  List<Study> studies() throws IOException;
}
