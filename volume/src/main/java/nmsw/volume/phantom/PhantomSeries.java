package nmsw.volume.phantom;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.volume.CtSeriesWriter;
import nmsw.volume.Grid;
import nmsw.volume.Nifti;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** Writes a phantom as a CT series, see {@link CtSeriesWriter}, scanned well or badly. */
public final class PhantomSeries {
  private PhantomSeries() {}

  /** Writes an ordinary series, see {@link #write(Path, AbdomenPhantom, SliceStack, long, Set)}. */
  public static List<Path> write(Path directory, AbdomenPhantom phantom, SliceStack stack, long seed)
      throws IOException {
    return write(directory, phantom, stack, seed, Set.of());
  }

  /**
   * Writes {@code IMG00001.dcm} and so on into a directory, made if need be, in the order of the stack; the number is the
   * slice's Instance Number, further objects of a slice are {@code IMG00001-2.dcm}.
   *
   * @param stack as {@link #planes} gives it for the options
   * @param seed names the patient and study, and enters every UID
   * @throws IllegalArgumentException if options contradict each other, or {@link ScanOption#ENHANCED} is to join what one
   *     object can't hold
   */
  public static List<Path> write(
      Path directory, AbdomenPhantom phantom, SliceStack stack, long seed, Set<ScanOption> options)
      throws IOException {
    List<ScanOption> stored = options.stream().filter(ScanOption::storesPixels).sorted().toList();
    if (stored.size() > 1) {
      throw new IllegalArgumentException("pixels can be stored in one way only, not " + stored);
    }
    boolean enhanced = options.contains(ScanOption.ENHANCED);
    if (enhanced && 2L * stack.size() * stack.rows() * stack.columns() > 1 << 30) {
      throw new IllegalArgumentException(
          "an enhanced object of more than 1 GiB is not made; take fewer or smaller slices");
    }
    SliceStack identified = identified(stack, seed, options);
    CtSeriesWriter writer =
        new CtSeriesWriter(subject(seed, options), stack, seed, k -> phantom.hounsfield(identified, k));
    if (options.isEmpty()) {
      return writer.write(directory);
    }
    Files.createDirectories(directory);
    List<Path> files = new ArrayList<>();
    List<Dataset> frames = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      List<Dataset> objects = objects(writer.image(k), k, stack.size(), options);
      if (enhanced) {
        frames.addAll(objects);
        continue;
      }
      for (int i = 0; i < objects.size(); i++) {
        int number = stack.slices().get(k).instanceNumber();
        String name = String.format(Locale.ROOT, "IMG%05d%s.dcm", number, i == 0 ? "" : "-" + (i + 1));
        files.add(write(directory.resolve(name), objects.get(i)));
      }
    }
    if (enhanced) {
      files.add(write(directory.resolve("IMG00001.dcm"), EnhancedCt.of(frames)));
    }
    return files;
  }

  private static List<Dataset> objects(Dataset image, int k, int n, Set<ScanOption> options) {
    List<Dataset> objects = List.of(image);
    for (ScanOption option : ordered(options)) {
      objects = objects.stream().flatMap(o -> option.objects(k, n, o).stream()).toList();
    }
    return objects;
  }

  private static Path write(Path file, Dataset object) throws IOException {
    boolean encapsulated = object.contains(Tag.PixelData) && object.get(Tag.PixelData).isEncapsulated();
    DicomWriter.writeFile(
        file, object, encapsulated ? TransferSyntax.of(Uid.HTJ2K) : TransferSyntax.EXPLICIT_LE);
    return file;
  }

  /**
   * The planes of a scan.
   *
   * @param axial what an ordinary scan would have, such as {@link AbdomenPhantom#standardStack}
   * @throws IllegalArgumentException if nothing would be left
   */
  public static SliceStack planes(SliceStack axial, Set<ScanOption> options) {
    SliceStack stack = axial;
    for (ScanOption option : ordered(options)) {
      stack = option.planes(stack);
    }
    return stack;
  }

  /** In the order in which they are declared, whatever the set. */
  private static Set<ScanOption> ordered(Set<ScanOption> options) {
    return options.isEmpty() ? options : EnumSet.copyOf(options);
  }

  /**
   * Writes the true labels as NIfTI ({@code .nii} or {@code .nii.gz}): those of the slices where they lie regularly, else
   * on as many equally spaced planes between the first and the last.
   */
  public static void writeTruth(Path file, AbdomenPhantom phantom, SliceStack stack) throws IOException {
    Nifti.write(file, phantom.labels(grid(stack)));
  }

  /** The stack with the SOP Instance UIDs that an ordinary series gives to its slices. */
  public static SliceStack identified(SliceStack stack, long seed) {
    return identified(stack, seed, Set.of());
  }

  /** The stack with the SOP Instance UIDs that {@link #write} gives to its slices, before they are joined. */
  public static SliceStack identified(SliceStack stack, long seed, Set<ScanOption> options) {
    return CtSeriesWriter.identified(subject(seed, options), stack, seed);
  }

  private static CtSeriesWriter.Subject subject(long seed, Set<ScanOption> options) {
    return new CtSeriesWriter.Subject(
        options.isEmpty() ? "phantom" : "phantom " + ordered(options), "PHANTOM^" + seed, "Synthetic abdomen",
        "Synthetic CT", "Abdomen phantom", "ABDOMEN");
  }

  private static Grid grid(SliceStack stack) {
    Vec3 first = stack.slices().get(0).position();
    Vec3 step = stack.normal();
    if (stack.size() > 1) {
      step = stack.slices().get(stack.size() - 1).position().minus(first).times(1.0 / (stack.size() - 1));
    }
    return new Grid(
        stack.columns(), stack.rows(), stack.size(), first, stack.rowDirection().times(stack.columnSpacing()),
        stack.columnDirection().times(stack.rowSpacing()), step);
  }
}
