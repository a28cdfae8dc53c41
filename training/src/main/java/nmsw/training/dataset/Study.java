package nmsw.training.dataset;

import java.io.IOException;
import java.util.Optional;
import nmsw.volume.GeometryRefusal;

/** An image and its labels as a source holds them, not yet read. Names are local: they may tell who the patient is. */
interface Study {
  /** One of its source. */
  String name();

  /** Whose study it is; for {@link #deidentified} ones a pseudonym already. */
  String patient() throws CaseRefusal, IOException;

  default boolean deidentified() {
    return false;
  }

  /** What the source uses it for, where the source says so. */
  Optional<Part> part();

  /** Changes when the study's files do: their names and sizes. */
  String signature() throws IOException;

  /**
   * @throws CaseRefusal if it can be no case
   * @throws GeometryRefusal if its image is no volume that can be trusted
   * @throws IOException if a file can't be read
   */
  LabelledStudy read(LabelMapping mapping) throws CaseRefusal, GeometryRefusal, IOException;
}
