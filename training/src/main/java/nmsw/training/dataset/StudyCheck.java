package nmsw.training.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * What a study that could be read holds, and whether it can be a case.
 *
 * @param millilitres by class, 0 for classes that were looked for and are not there
 * @param findings what is odd but no reason to leave the study out; without local names
 */
record StudyCheck(SortedMap<Integer, Double> millilitres, List<String> findings) {
  /** Fat and lung are lower in every body; what has neither was stored without its rescale, or is no CT. */
  private static final int HIGHEST_MINIMUM = -50;

  /** Bone and vessels are higher. */
  private static final int LOWEST_MAXIMUM = 100;

  private static final int SOFT_LOW = -150;
  private static final int SOFT_HIGH = 250;
  private static final double LEAST_SOFT = 0.005;
  private static final int OUTSIDE = -950;
  private static final double MOST_OUTSIDE = 0.5;

  /**
   * @throws CaseRefusal if the values are not Hounsfield units of a body, or no voxel is of a class
   */
  static StudyCheck of(LabelledStudy study, LabelTable table) throws CaseRefusal {
    short[] hounsfield = study.image().hounsfield();
    checkValues(hounsfield);
    long[] voxels = new long[256];
    long[] outside = new long[256];
    byte[] labels = study.labels().labels();
    for (int v = 0; v < labels.length; v++) {
      voxels[labels[v] & 0xff]++;
      outside[labels[v] & 0xff] += hounsfield[v] < OUTSIDE ? 1 : 0;
    }
    if (study.annotated().stream().allMatch(c -> voxels[c] == 0)) {
      String why =
          voxels[0] < labels.length
              ? "only classes that were not looked for"
              : study.unknown().isEmpty() ? "the labels are empty" : "unknown labels only: " + list(study);
      throw new CaseRefusal(CaseRefusal.Code.NOTHING_LABELLED, why);
    }
    Grid grid = study.image().grid();
    SortedMap<Integer, Double> millilitres = new TreeMap<>();
    List<String> empty = new ArrayList<>();
    List<String> findings = new ArrayList<>(study.findings());
    for (LabelClass c : table.classes()) {
      long count = voxels[c.index()];
      if (count > 0 || study.annotated().contains(c.index())) {
        millilitres.put(c.index(), count * grid.voxelVolume() / 1000);
      }
      if (count == 0 && study.annotated().contains(c.index())) {
        empty.add(c.name());
      }
      if (count > 0 && !study.annotated().contains(c.index())) {
        findings.add("NOT_ANNOTATED " + c.name() + ": " + count + " voxels are taken as background");
      }
      if (count > 0 && outside[c.index()] > MOST_OUTSIDE * count) {
        findings.add(
            String.format(Locale.ROOT, "IN_AIR %s: %d %% of it is air", c.name(), 100 * outside[c.index()] / count));
      }
    }
    if (!empty.isEmpty()) {
      findings.add("EMPTY " + String.join(" ", empty));
    }
    if (!study.unknown().isEmpty()) {
      findings.add("UNKNOWN_LABELS " + study.unknown().size() + " that the mapping does not name");
    }
    return new StudyCheck(millilitres, findings);
  }

  private static void checkValues(short[] hounsfield) throws CaseRefusal {
    int low = Short.MAX_VALUE;
    int high = Short.MIN_VALUE;
    long soft = 0;
    for (short value : hounsfield) {
      low = Math.min(low, value);
      high = Math.max(high, value);
      soft += value >= SOFT_LOW && value <= SOFT_HIGH ? 1 : 0;
    }
    double share = (double) soft / hounsfield.length;
    if (low > HIGHEST_MINIMUM || high < LOWEST_MAXIMUM || share < LEAST_SOFT) {
      throw new CaseRefusal(
          CaseRefusal.Code.IMPLAUSIBLE_HU,
          String.format(
              Locale.ROOT, "values from %d to %d, %.1f %% of them in the range of soft tissue", low, high, 100 * share));
    }
  }

  private static String list(LabelledStudy study) {
    return LocalNames.printable(String.join(", ", study.unknown()));
  }
}
