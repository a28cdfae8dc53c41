package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.seg.ResultUids;
import nmsw.seg.SegmentDescription;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationOnStack;
import nmsw.seg.SegmentationReader;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;

/**
 * Compares a Segmentation that came back, of whatever vendor, with the series that it is about: whether it labels that with
 * the model's classes, and what it changes. Takes two bytes a pixel of the series.
 *
 * @param series files of the CT series
 * @param result the Segmentation that this node made of it; empty where it is not there any more
 * @param table the classes of the model that made the result
 * @param rules by which the series was read when it was segmented
 */
public record CorrectionCheck(List<Path> series, Optional<Path> result, LabelTable table, GeometryRules rules) {
  private static final int MOST_WORDS = 500;

  /**
   * @param reason of what is unfit, or what is worth knowing of what fits; may be empty
   * @param dice of each organ that it draws, by name, between it and the result; none where the result is not there
   */
  public record Outcome(CorrectionState state, String reason, Map<String, Double> dice) {
    public static Outcome unfit(String why) {
      return new Outcome(CorrectionState.UNFIT, shortened(why), Map.of());
    }
  }

  /** @throws IOException if a file could not be read for now */
  public Outcome of(Path correction) throws IOException {
    try {
      return check(DicomReader.read(correction));
    } catch (GeometryRefusal e) {
      return Outcome.unfit("the series itself cannot be used: " + e.getMessage());
    } catch (DicomException | SegmentClasses.Contradiction e) {
      return Outcome.unfit(e.getMessage());
    }
  }

  private Outcome check(DicomFile file) throws IOException, GeometryRefusal, SegmentClasses.Contradiction {
    if (ResultUids.isResult(file.dataset())) {
      return Outcome.unfit(
          "it has the SOP Instance UID of a result of this node and other content; an object that was changed needs a new UID");
    }
    Segmentation segmentation = SegmentationReader.read(file);
    SegmentClasses classes = SegmentClasses.of(segmentation, table);
    if (classes.ofSegment().isEmpty()) {
      return Outcome.unfit("none of its segments is a class of the model: " + String.join(", ", classes.unknown()));
    }
    SliceStack stack = CtSeriesReader.readStack(series, rules);
    requireMemory(stack);
    boolean otherGrid = !segmentation.hasGridOf(stack);
    SegmentationOnStack placed = place(segmentation, stack, classes.ofSegment());
    if (!placed.unplaced().isEmpty()) {
      return Outcome.unfit(placed.unplaced().size() + " of its frames lie on no slice of the series");
    }
    Set<Integer> drawn = new TreeSet<>(classes.ofSegment().values());
    if (isBlank(placed.labels())) {
      return Outcome.unfit("it has no pixel of a class of the model on the series");
    }
    Map<String, Double> dice = Map.of();
    if (result.isPresent()) {
      Comparison comparison = Comparison.of(placed.labels(), own(stack));
      dice = comparison.dice(drawn, table);
      if (comparison.isSame()) {
        return new Outcome(CorrectionState.UNCHANGED, "it says what the node's result says", dice);
      }
    }
    return new Outcome(CorrectionState.FITS, shortened(notes(segmentation, classes, placed, otherGrid)), dice);
  }

  /** The labels of the correction and of the result; half of what is free is for the node's work. */
  private static void requireMemory(SliceStack stack) throws IOException {
    long bytes = 2L * stack.size() * stack.rows() * stack.columns();
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    if (bytes > free / 2) {
      throw new IOException("it takes " + (bytes >> 20) + " MiB of memory, of which " + (free >> 20) + " MiB are free");
    }
  }

  private static SegmentationOnStack place(Segmentation segmentation, SliceStack stack, Map<Integer, Integer> classes)
      throws DicomException {
    return segmentation.hasGridOf(stack)
        ? segmentation.toSliceLabels(stack, classes)
        : segmentation.resampledOnto(stack, classes);
  }

  private SliceLabels own(SliceStack stack) throws IOException {
    Segmentation own = SegmentationReader.read(DicomReader.read(result.orElseThrow()));
    return place(own, stack, own.classes(table)).labels();
  }

  private static boolean isBlank(SliceLabels labels) {
    for (byte[] slice : labels.labels()) {
      for (byte label : slice) {
        if (label != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static String notes(
      Segmentation segmentation, SegmentClasses classes, SegmentationOnStack placed, boolean otherGrid) {
    List<String> notes = new ArrayList<>();
    if (otherGrid) {
      notes.add("drawn on another grid, resampled");
    }
    if (placed.overlappedPixels() > 0) {
      notes.add(placed.overlappedPixels() + " pixels of two organs");
    }
    if (!classes.byLabel().isEmpty()) {
      notes.add("told by their labels: " + String.join(", ", classes.byLabel()));
    }
    if (!classes.unknown().isEmpty()) {
      notes.add("no classes of the model: " + String.join(", ", classes.unknown()));
    }
    if (segmentation.segments().stream().map(SegmentDescription::algorithmType).allMatch("AUTOMATIC"::equals)) {
      notes.add("all its segments say that they were drawn automatically");
    }
    return String.join("; ", notes);
  }

  /** What others write into labels may be long. */
  private static String shortened(String words) {
    return words.length() > MOST_WORDS ? words.substring(0, MOST_WORDS) + " ..." : words;
  }

  /** Pixels of each label in two label maps, and of both at once. */
  private record Comparison(long[] first, long[] second, long[] both, boolean isSame) {
    static Comparison of(SliceLabels first, SliceLabels second) {
      Comparison counts = new Comparison(new long[256], new long[256], new long[256], false);
      boolean same = true;
      for (int k = 0; k < first.labels().size(); k++) {
        byte[] a = first.labels().get(k);
        byte[] b = second.labels().get(k);
        for (int i = 0; i < a.length; i++) {
          counts.first[a[i] & 0xff]++;
          counts.second[b[i] & 0xff]++;
          if (a[i] == b[i]) {
            counts.both[a[i] & 0xff]++;
          } else {
            same = false;
          }
        }
      }
      return new Comparison(counts.first, counts.second, counts.both, same);
    }

    Map<String, Double> dice(Set<Integer> drawn, LabelTable table) {
      Map<String, Double> dice = new TreeMap<>();
      for (int index : drawn) {
        long all = first[index] + second[index];
        String name = table.byIndex(index).map(LabelClass::name).orElseThrow();
        if (all > 0) {
          dice.put(name, Math.round(1000 * 2.0 * both[index] / all) / 1000.0);
        }
      }
      return dice;
    }
  }
}
