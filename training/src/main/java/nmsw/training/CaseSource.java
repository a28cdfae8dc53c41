package nmsw.training;

import java.io.IOException;
import java.util.Set;
import nmsw.training.dataset.LabelledVolumes;

/** Cases that a run may learn from or choose its weights by, prepared for it. */
interface CaseSource extends LabelledVolumes {
  /**
   * @throws IOException if the case can not be read or is not usable; the message names it
   */
  TrainingCase load(int index) throws IOException;

  /** Classes of a case that may be anywhere in its background, since nobody looked for them. */
  Set<Integer> unannotated(int index);

  /** Names all that {@link #load}'s result depends on but this program: what differs in it must not be mistaken for it. */
  String fingerprint(int index) throws IOException;
}
