package nmsw.volume;

import java.util.List;

/** The classes of a model or data set, in ascending order of index; background (0) is not listed. */
public record LabelTable(List<LabelClass> classes) {
  public LabelTable {
    classes = List.copyOf(classes);
  }
}
