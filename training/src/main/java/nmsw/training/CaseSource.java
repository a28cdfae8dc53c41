package nmsw.training;

import java.io.IOException;

/** Labelled volumes in a fixed order, loaded when asked for. */
interface CaseSource {
  int size();

  /** Name of a case, for logs. */
  String id(int index);

  /**
   * @throws IOException if the case can not be read or is not usable; the message names it
   */
  TrainingCase load(int index) throws IOException;

  /**
   * The case as it came, on its own grid: what a model is measured on.
   *
   * @throws IOException as {@link #load}
   */
  LabelledVolume original(int index) throws IOException;
}
