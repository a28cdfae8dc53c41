package nmsw.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.volume.GeometryRefusal.Code;

/**
 * Reads the CT images of one series, single-frame objects or frames of enhanced ones, in whatever order they come, as
 * one stack of parallel slices.
 *
 * <p>Headers are read first, and everything is judged by them; pixels are read only for a stack that is
 * accepted. A few objects that do not belong (a localizer, another orientation) are left out and reported
 * where the rest, {@link GeometryRules#minConsistent()} of all, is one stack; otherwise the series is
 * refused.
 *
 * <p>Duplicate positions: the series is split by Acquisition Number, else by Temporal Position Identifier, if
 * every part is then free of duplicates; the largest part is taken, of equal ones the first. Where neither separates
 * them, single-frame images that repeat another's pixels at its position are left out and reported; different images
 * are not chosen between.
 *
 * <p>Missing slices: a gap is a hole if it is wider than both {@code maxGapFactor} medians and {@code
 * maxGapMm}. That alone would pass a single lost slice (two medians), or any in thin slices. So in a stack
 * that is otherwise regular - of the gaps up to {@code maxRegularGapFactor} medians at least nine in ten lie
 * within 10 % of the median, and those above are at most a third of all - every gap above {@code
 * maxRegularGapFactor} medians is a hole too. Stacks of varying distance are judged by the first rule only.
 */
public final class CtSeriesReader {
  private static final int THREADS = 2;
  private static final double SAME_DIRECTION = 1e-3;
  private static final double SAME_SPACING = 5e-4;
  private static final double SAME_POSITION_MM = 0.01;
  private static final double MAX_EXTENT_MM = 4000;

  private CtSeriesReader() {}

  /**
   * @param files all files of one series
   * @throws GeometryRefusal if they are no stack that can be trusted
   * @throws IOException if a file can't be read or is not DICOM, or they are of several series
   */
  public static CtSeries read(Collection<Path> files, GeometryRules rules)
      throws GeometryRefusal, IOException {
    List<Finding> findings = new ArrayList<>();
    Accepted accepted = accept(files, rules, findings);
    List<short[]> hounsfield = pixels(accepted.images);
    CtImage first = accepted.images.get(0);
    Dataset header =
        FrameHeader.complete(DicomReader.readUntil(first.file(), Tag.PixelData).dataset(), first.frame());
    return new CtSeries(accepted.stack, hounsfield, header, findings);
  }

  /**
   * The stack that {@link #read} gives, by the headers alone; pixels are read only where positions repeat.
   *
   * @param files all files of one series
   * @throws GeometryRefusal if they are no stack that can be trusted
   * @throws IOException if a file can't be read or is not DICOM, or they are of several series
   */
  public static SliceStack readStack(Collection<Path> files, GeometryRules rules) throws GeometryRefusal, IOException {
    return accept(files, rules, new ArrayList<>()).stack;
  }

  /** @param images of the stack, in its order */
  private record Accepted(List<CtImage> images, SliceStack stack) {}

  private static Accepted accept(Collection<Path> files, GeometryRules rules, List<Finding> findings)
      throws GeometryRefusal, IOException {
    if (files.isEmpty()) {
      throw new GeometryRefusal(Code.TOO_FEW_SLICES, "no files");
    }
    List<CtImage> all = withoutCopies(inParallel(List.copyOf(files), CtImage::read));
    requireOneSeries(all);
    List<CtImage> images = leaveOutOtherObjects(all, rules, findings);
    images =
        majority(
            images, all.size(), rules, findings, Code.MIXED_FRAME_OF_REFERENCE, CtImage::frameOfReferenceUid,
            (a, b) -> a.frameOfReferenceUid().equals(b.frameOfReferenceUid()));
    images =
        majority(
            images, all.size(), rules, findings, Code.MIXED_ORIENTATION,
            i -> i.rowDirection() + " / " + i.columnDirection(), CtSeriesReader::sameOrientation);
    images =
        majority(
            images, all.size(), rules, findings, Code.MIXED_MATRIX,
            i -> i.rows() + "x" + i.columns() + " pixels of " + i.rowSpacing() + "x" + i.columnSpacing()
                + " mm",
            CtSeriesReader::sameMatrix);
    Vec3 row = images.get(0).rowDirection().normalized();
    Vec3 column = images.get(0).columnDirection();
    column = column.minus(row.times(row.dot(column))).normalized();
    Vec3 normal = row.cross(column);
    images = sorted(images, normal);
    images = withoutDuplicatePositions(images, normal, findings);
    if (images.size() < rules.minSlices()) {
      throw new GeometryRefusal(
          Code.TOO_FEW_SLICES,
          "series " + images.get(0).seriesUid() + " has " + images.size() + " slices, " + rules.minSlices()
              + " are needed");
    }
    checkGaps(images, normal, rules);
    SliceStack stack = stack(images, row, column);
    checkSize(images.get(0), stack, rules);
    return new Accepted(images, stack);
  }

  /** The pixels of the images; a file is read once, and its frames are decoded together. */
  private static List<short[]> pixels(List<CtImage> images) throws GeometryRefusal, IOException {
    Map<CtImage, short[]> pixels = new IdentityHashMap<>();
    List<CtImage> alone = images.stream().filter(i -> i.frames() == 1).toList();
    put(alone, inParallel(alone, HounsfieldReader::readAlone), pixels);
    Map<Path, List<CtImage>> byFile =
        images.stream()
            .filter(i -> i.frames() > 1)
            .collect(Collectors.groupingBy(CtImage::file, LinkedHashMap::new, Collectors.toList()));
    for (List<CtImage> frames : byFile.values()) {
      put(frames, inParallel(frames, HounsfieldReader.open(frames.get(0))::read), pixels);
    }
    return images.stream().map(pixels::get).toList();
  }

  private static void put(List<CtImage> images, List<short[]> values, Map<CtImage, short[]> pixels) {
    for (int i = 0; i < images.size(); i++) {
      pixels.put(images.get(i), values.get(i));
    }
  }

  /** All images; the same SOP instance twice is one, if it really is the same. */
  private static List<CtImage> withoutCopies(List<List<CtImage>> objects) throws GeometryRefusal, IOException {
    Map<String, List<CtImage>> byUid = new LinkedHashMap<>();
    List<CtImage> distinct = new ArrayList<>();
    for (List<CtImage> object : objects) {
      CtImage image = object.get(0);
      String uid = image.sopInstanceUid();
      List<CtImage> first = uid.isEmpty() ? null : byUid.putIfAbsent(uid, object);
      if (first == null) {
        distinct.addAll(object);
      } else if (Files.mismatch(first.get(0).file(), image.file()) >= 0 && !sameContent(first, object)) {
        throw new GeometryRefusal(
            Code.DUPLICATE_POSITION,
            "two different objects have SOP Instance UID " + uid + ": " + first.get(0).file() + ", " + image.file());
      }
    }
    return distinct;
  }

  /**
   * Whether two files of different bytes (another transfer syntax, say) hold the same images at the same
   * places.
   */
  private static boolean sameContent(List<CtImage> a, List<CtImage> b) throws GeometryRefusal {
    if (a.size() != b.size()) {
      return false;
    }
    boolean readable = true;
    for (int i = 0; i < a.size(); i++) {
      CtImage one = a.get(i);
      CtImage other = b.get(i);
      boolean same =
          one.objection().equals(other.objection())
              && one.position().equals(other.position())
              && sameOrientation(one, other)
              && sameMatrix(one, other);
      if (!same) {
        return false;
      }
      readable &= one.objection().isEmpty();
    }
    if (!readable) {
      return true;
    }
    HounsfieldReader first = HounsfieldReader.open(a.get(0));
    HounsfieldReader second = HounsfieldReader.open(b.get(0));
    for (int i = 0; i < a.size(); i++) {
      if (!Arrays.equals(first.read(a.get(i)), second.read(b.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static void requireOneSeries(List<CtImage> images) throws IOException {
    for (CtImage image : images) {
      if (!image.seriesUid().equals(images.get(0).seriesUid())) {
        throw new IOException(
            "files of several series, " + images.get(0).seriesUid() + " and " + image.seriesUid()
                + ": sort them by Series Instance UID first");
      }
    }
  }

  private static List<CtImage> leaveOutOtherObjects(
      List<CtImage> all, GeometryRules rules, List<Finding> findings) throws GeometryRefusal {
    List<CtImage> images = all.stream().filter(i -> i.objection().isEmpty()).toList();
    List<Finding> objections = all.stream().flatMap(i -> i.objection().stream()).toList();
    if (images.isEmpty() || images.size() < rules.minConsistent() * all.size()) {
      Map<Code, Long> counts =
          objections.stream()
              .collect(Collectors.groupingBy(Finding::code, TreeMap::new, Collectors.counting()));
      Code commonest =
          counts.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey).orElseThrow();
      Finding example = objections.stream().filter(f -> f.code() == commonest).findFirst().orElseThrow();
      throw new GeometryRefusal(
          commonest,
          objections.size() + " of " + all.size() + " objects of series " + all.get(0).seriesUid()
              + " are no CT slices, e.g. " + example.sopInstanceUid() + ": " + example.text());
    }
    findings.addAll(objections);
    return images;
  }

  /** The largest group of alike images, if it holds enough of the series. */
  private static List<CtImage> majority(
      List<CtImage> images,
      int total,
      GeometryRules rules,
      List<Finding> findings,
      Code code,
      Function<CtImage, String> trait,
      BiPredicate<CtImage, CtImage> alike)
      throws GeometryRefusal {
    List<List<CtImage>> groups = new ArrayList<>();
    for (CtImage image : images) {
      List<CtImage> group =
          groups.stream()
              .filter(g -> alike.test(g.get(0), image))
              .findFirst()
              .orElseGet(
                  () -> {
                    groups.add(new ArrayList<>());
                    return groups.get(groups.size() - 1);
                  });
      group.add(image);
    }
    List<CtImage> largest = groups.stream().max(Comparator.comparingInt(List::size)).orElseThrow();
    if (groups.size() == 1) {
      return largest;
    }
    String most = trait.apply(largest.get(0));
    for (List<CtImage> group : groups) {
      if (group == largest) {
        continue;
      }
      String other = trait.apply(group.get(0));
      if (largest.size() < rules.minConsistent() * total) {
        throw new GeometryRefusal(
            code,
            "only " + largest.size() + " of " + total + " objects of series " + largest.get(0).seriesUid()
                + " agree: " + most + ", but " + group.get(0).described() + " has " + other);
      }
      group.forEach(i -> findings.add(i.finding(code, other + "; the stack has " + most)));
    }
    return largest;
  }

  private static boolean sameOrientation(CtImage a, CtImage b) {
    return a.rowDirection().minus(b.rowDirection()).length() < SAME_DIRECTION
        && a.columnDirection().minus(b.columnDirection()).length() < SAME_DIRECTION;
  }

  private static boolean sameMatrix(CtImage a, CtImage b) {
    return a.rows() == b.rows()
        && a.columns() == b.columns()
        && Math.abs(a.rowSpacing() - b.rowSpacing()) <= SAME_SPACING * a.rowSpacing()
        && Math.abs(a.columnSpacing() - b.columnSpacing()) <= SAME_SPACING * a.columnSpacing();
  }

  private static List<CtImage> sorted(List<CtImage> images, Vec3 normal) {
    return images.stream()
        .sorted(
            Comparator.comparingDouble((CtImage i) -> normal.dot(i.position()))
                .thenComparing(CtImage::sopInstanceUid)
                .thenComparing(CtImage::frame))
        .toList();
  }

  private static List<CtImage> withoutDuplicatePositions(
      List<CtImage> images, Vec3 normal, List<Finding> findings) throws GeometryRefusal {
    if (firstDuplicate(images, normal) < 0) {
      return images;
    }
    Optional<List<CtImage>> part = cleanPart(images, normal, findings);
    if (part.isPresent()) {
      return part.get();
    }
    return withoutRepeats(images, normal, findings);
  }

  /** The largest part of the series by acquisition or temporal position, if all parts are free of duplicates. */
  private static Optional<List<CtImage>> cleanPart(List<CtImage> images, Vec3 normal, List<Finding> findings) {
    Map<String, Function<CtImage, String>> keys = new LinkedHashMap<>();
    keys.put("Acquisition Number", CtImage::acquisitionNumber);
    keys.put("Temporal Position Identifier", CtImage::temporalPosition);
    for (Map.Entry<String, Function<CtImage, String>> key : keys.entrySet()) {
      Map<String, List<CtImage>> parts =
          images.stream()
              .collect(
                  Collectors.groupingBy(
                      key.getValue(),
                      () -> new TreeMap<>(Comparator.comparingInt(String::length).thenComparing(s -> s)),
                      Collectors.toList()));
      if (!parts.containsKey("") && parts.values().stream().allMatch(p -> firstDuplicate(p, normal) < 0)) {
        return Optional.of(largestPart(key.getKey(), parts, findings));
      }
    }
    return Optional.empty();
  }

  /** Leaves out images that show what another one at their position does; different ones are refused. */
  private static List<CtImage> withoutRepeats(List<CtImage> images, Vec3 normal, List<Finding> findings)
      throws GeometryRefusal {
    List<CtImage> distinct = new ArrayList<>();
    for (CtImage image : images) {
      CtImage last = distinct.isEmpty() ? null : distinct.get(distinct.size() - 1);
      if (last == null || !samePosition(last, image, normal)) {
        distinct.add(image);
      } else if (last.frames() == 1 && image.frames() == 1 && sameContent(List.of(last), List.of(image))) {
        findings.add(image.finding(Code.DUPLICATE_POSITION, "the same image as " + last.described()));
      } else {
        throw new GeometryRefusal(
            Code.DUPLICATE_POSITION,
            "images " + last.described() + " and " + image.described() + " of series " + last.seriesUid()
                + " lie at one position, " + last.position()
                + " mm, and neither Acquisition Number nor Temporal Position Identifier separates the series");
      }
    }
    return distinct;
  }

  private static List<CtImage> largestPart(
      String key, Map<String, List<CtImage>> parts, List<Finding> findings) {
    String chosen = null;
    for (Map.Entry<String, List<CtImage>> part : parts.entrySet()) {
      if (chosen == null || part.getValue().size() > parts.get(chosen).size()) {
        chosen = part.getKey();
      }
    }
    for (Map.Entry<String, List<CtImage>> part : parts.entrySet()) {
      if (!part.getKey().equals(chosen)) {
        String text = key + " " + part.getKey() + " at positions of " + key + " " + chosen
            + ", which is taken";
        part.getValue().forEach(i -> findings.add(i.finding(Code.DUPLICATE_POSITION, text)));
      }
    }
    return parts.get(chosen);
  }

  /** Index of the first image at the position of its successor, or -1. */
  private static int firstDuplicate(List<CtImage> sorted, Vec3 normal) {
    for (int k = 0; k + 1 < sorted.size(); k++) {
      if (samePosition(sorted.get(k), sorted.get(k + 1), normal)) {
        return k;
      }
    }
    return -1;
  }

  /** Whether two planes are one; of two acquisitions with different fields of view too. */
  private static boolean samePosition(CtImage a, CtImage b, Vec3 normal) {
    return normal.dot(b.position().minus(a.position())) < SAME_POSITION_MM;
  }

  private static void checkGaps(List<CtImage> images, Vec3 normal, GeometryRules rules)
      throws GeometryRefusal {
    if (images.size() < 3) {
      return;
    }
    double[] gaps = new double[images.size() - 1];
    for (int k = 0; k < gaps.length; k++) {
      gaps[k] = normal.dot(images.get(k + 1).position().minus(images.get(k).position()));
    }
    double[] sorted = gaps.clone();
    Arrays.sort(sorted);
    double median = sorted[(sorted.length - 1) / 2];
    double regularLimit = rules.maxRegularGapFactor() * median;
    long wide = Arrays.stream(gaps).filter(g -> g > regularLimit).count();
    long equal = Arrays.stream(gaps).filter(g -> Math.abs(g - median) <= 0.1 * median).count();
    boolean regular = equal >= 0.9 * (gaps.length - wide) && 3 * wide <= gaps.length;
    for (int k = 0; k < gaps.length; k++) {
      boolean hole = gaps[k] > rules.maxGapFactor() * median && gaps[k] > rules.maxGapMm();
      if (hole || regular && gaps[k] > regularLimit) {
        throw new GeometryRefusal(
            Code.MISSING_SLICES,
            String.format(
                "series %s: %.2f mm between %s and %s, but %.2f mm is the median",
                images.get(0).seriesUid(), gaps[k], images.get(k).described(),
                images.get(k + 1).described(), median));
      }
    }
  }

  private static SliceStack stack(List<CtImage> images, Vec3 row, Vec3 column) {
    CtImage first = images.get(0);
    return new SliceStack(
        first.columns(),
        first.rows(),
        first.columnSpacing(),
        first.rowSpacing(),
        row,
        column,
        images.stream()
            .map(
                i ->
                    new SliceStack.Slice(
                        i.sopInstanceUid(), i.sopClassUid(), i.frame(), i.instanceNumber(), i.position()))
            .toList());
  }

  private static void checkSize(CtImage first, SliceStack stack, GeometryRules rules) throws GeometryRefusal {
    long voxels = (long) stack.rows() * stack.columns() * stack.size();
    if (voxels > rules.maxVoxels()) {
      throw new GeometryRefusal(
          Code.BAD_PIXEL_DATA,
          String.format(
              "series %s: %d slices of %dx%d pixels are more than the %d voxels allowed",
              first.seriesUid(), stack.size(), stack.rows(), stack.columns(), rules.maxVoxels()));
    }
    for (Vec3 axis : List.of(stack.rowDirection(), stack.columnDirection(), stack.normal())) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (SliceStack.Slice slice : stack.slices()) {
        double at = axis.dot(slice.position());
        low = Math.min(low, at);
        high = Math.max(high, at);
      }
      if (high - low > MAX_EXTENT_MM) {
        throw new GeometryRefusal(
            Code.NO_GEOMETRY,
            String.format("series %s: its slices lie up to %.0f mm apart", first.seriesUid(), high - low));
      }
    }
  }

  private interface Task<T, R> {
    R apply(T input) throws IOException, GeometryRefusal;
  }

  /** Results in the order of the inputs; the first failure in that order is thrown. */
  private static <T, R> List<R> inParallel(List<T> inputs, Task<T, R> task)
      throws IOException, GeometryRefusal {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<R>> futures = new ArrayList<>();
      for (T input : inputs) {
        Callable<R> call = () -> task.apply(input);
        futures.add(threads.submit(call));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GeometryRefusal refusal) {
        throw refusal;
      }
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while reading a series", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
