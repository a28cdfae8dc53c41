package nmsw.training.dataset;

import java.io.IOException;

/** Labelled volumes in a fixed order, read when asked for: what a model can be measured on. */
public interface LabelledVolumes {
  int size();

  /** Name of a case, for logs. */
  String id(int index);

  /**
   * The case as it came, on its own grid.
   *
   * @throws IOException if the case can not be read or is not usable; the message names it
   */
  LabelledVolume original(int index) throws IOException;
}
