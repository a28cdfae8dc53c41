package nmsw.training.dataset;

import java.util.Set;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/**
 * A volume and its true labels, class indices, on one grid.
 *
 * @param unannotated classes that may be anywhere in the background, since nobody looked for them
 */
public record LabelledVolume(String id, Volume image, LabelVolume labels, Set<Integer> unannotated) {
  public LabelledVolume {
    unannotated = Set.copyOf(unannotated);
  }

  /** All classes were annotated. */
  public LabelledVolume(String id, Volume image, LabelVolume labels) {
    this(id, image, labels, Set.of());
  }
}
