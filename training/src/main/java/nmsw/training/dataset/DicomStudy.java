package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.deid.Deidentifier;
import nmsw.seg.SegmentDescription;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationOnStack;
import nmsw.seg.SegmentationReader;
import nmsw.seg.StructureSet;
import nmsw.seg.StructureSetReader;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * A CT series with its labels. Every object goes through de-identification, which refuses those whose pixels may show
 * text; of the headers nothing but the patient's pseudonym and the geometry is kept.
 */
final class DicomStudy implements Study {
  /** Farthest that a slice may lie from a regular grid, of the distance between slices. */
  private static final double REGULAR = 0.02;

  /** A region of interest of a class. */
  private record Region(StructureSet.Roi roi, int classIndex) {}

  private final String seriesUid;
  private final List<Path> files;
  private final List<Path> objects;
  private final List<Path> maps;
  private final Deidentifier deidentifier;

  /**
   * @param files of the series
   * @param objects Segmentations and RT Structure Sets that name it
   * @param maps NIfTI label maps of it
   */
  DicomStudy(String seriesUid, List<Path> files, List<Path> objects, List<Path> maps, Deidentifier deidentifier) {
    this.seriesUid = seriesUid;
    this.files = List.copyOf(files);
    this.objects = List.copyOf(objects);
    this.maps = List.copyOf(maps);
    this.deidentifier = deidentifier;
  }

  @Override
  public String name() {
    return seriesUid;
  }

  @Override
  public String patient() throws IOException {
    return pseudonym(DicomReader.readUntil(files.get(0), Tag.PixelData).dataset());
  }

  @Override
  public boolean deidentified() {
    return true;
  }

  @Override
  public Optional<Part> part() {
    return Optional.empty();
  }

  @Override
  public String signature() throws IOException {
    List<Path> all = new ArrayList<>(files);
    all.addAll(objects);
    all.addAll(maps);
    return FileSignature.of(all);
  }

  @Override
  public LabelledStudy read(LabelMapping mapping) throws CaseRefusal, GeometryRefusal, IOException {
    if (objects.isEmpty() && maps.isEmpty()) {
      throw new CaseRefusal(CaseRefusal.Code.NO_LABELS, "no label object names the series");
    }
    List<Path> clean = clean();
    CtSeries series = CtSeriesReader.read(clean, GeometryRules.defaults());
    Volume image = volume(series);
    LabelPainter painter = new LabelPainter(image.grid());
    int leftOut = files.size() - clean.size() + series.findings().size();
    if (leftOut > 0) {
      painter.finding("LEFT_OUT " + leftOut + " objects of the series");
    }
    for (Path object : objects) {
      DicomFile file = DicomReader.read(object);
      if (file.dataset().requireString(Tag.SOPClassUID).equals(Uid.RTStructureSetStorage)) {
        StructureSet structures = StructureSetReader.read(file.dataset(), series.stack(), series.header());
        paint(structures, series.stack(), mapping, painter);
      } else {
        paint(SegmentationReader.read(file), series, mapping, painter);
      }
    }
    for (Path map : maps) {
      painter.claim(mapping.classesOfValues(), map.toString());
      painter.map(NiftiImage.labels(map, image.grid()), mapping);
    }
    return painter.study(image);
  }

  /** The files whose objects de-identification lets through, all of one patient. */
  private List<Path> clean() throws CaseRefusal, IOException {
    List<Path> clean = new ArrayList<>();
    Set<String> patients = new HashSet<>();
    String objection = "";
    for (Path file : files) {
      Dataset dataset = DicomReader.read(file).dataset();
      NiftiImage.requireRoom(
          "series " + seriesUid,
          (long) dataset.integer(Tag.Rows).orElse(0) * dataset.integer(Tag.Columns).orElse(0) * files.size());
      try {
        patients.add(pseudonym(dataset));
        clean.add(file);
      } catch (DicomException e) {
        objection = e.getMessage();
      }
    }
    if (clean.size() < GeometryRules.defaults().minConsistent() * files.size()) {
      throw new CaseRefusal(
          CaseRefusal.Code.IDENTIFYING, files.size() - clean.size() + " of " + files.size() + " objects: " + objection);
    }
    if (patients.size() > 1) {
      throw new CaseRefusal(CaseRefusal.Code.IDENTIFYING, "its objects are of " + patients.size() + " patients");
    }
    return clean;
  }

  private String pseudonym(Dataset dataset) throws DicomException {
    return deidentifier.apply(dataset).dataset().requireString(Tag.PatientID);
  }

  /** The series on the regular grid that its slices form. */
  private Volume volume(CtSeries series) throws CaseRefusal {
    SliceStack stack = series.stack();
    int last = stack.size() - 1;
    Vec3 first = stack.slices().get(0).position();
    Vec3 step = stack.slices().get(last).position().minus(first).times(1.0 / last);
    for (int k = 0; k <= last; k++) {
      double off = stack.slices().get(k).position().minus(first.plus(step.times(k))).length();
      if (off > REGULAR * step.length()) {
        throw new CaseRefusal(
            CaseRefusal.Code.IRREGULAR_SLICES,
            String.format(
                Locale.ROOT,
                "slice %s lies %.2f mm off the regular grid",
                stack.slices().get(k).sopInstanceUid(),
                off));
      }
    }
    Grid grid =
        new Grid(
            stack.columns(),
            stack.rows(),
            stack.size(),
            first,
            stack.rowDirection().times(stack.columnSpacing()),
            stack.columnDirection().times(stack.rowSpacing()),
            step);
    short[] voxels = new short[grid.voxels()];
    int plane = stack.rows() * stack.columns();
    for (int k = 0; k <= last; k++) {
      System.arraycopy(series.hounsfield().get(k), 0, voxels, k * plane, plane);
    }
    return new Volume(grid, voxels);
  }

  /** A segment's class is that of its label, if the mapping knows it, else that of its codes. */
  private static void paint(Segmentation object, CtSeries series, LabelMapping mapping, LabelPainter painter)
      throws CaseRefusal, DicomException {
    SliceStack stack = series.stack();
    Map<Integer, Integer> classes = new HashMap<>();
    for (SegmentDescription segment : object.segments()) {
      OptionalInt index = mapping.knows(segment.label()) ? mapping.classOf(segment.label()) : mapping.classOf(segment);
      if (index.isPresent()) {
        classes.put(segment.number(), index.getAsInt());
      } else if (!mapping.knows(segment.label())) {
        painter.unknown(segment.label());
      }
    }
    painter.claim(new TreeSet<>(classes.values()), "Segmentation " + object.sopInstanceUid());
    boolean otherGrid =
        !object.hasGridOf(stack)
            && object.frameOfReferenceUid().equals(series.header().string(Tag.FrameOfReferenceUID));
    SegmentationOnStack placed =
        otherGrid ? object.resampledOnto(stack, classes) : object.toSliceLabels(stack, classes);
    if (otherGrid) {
      painter.finding("RESAMPLED labels of another grid than the series'");
    }
    painter.overlapped(placed.overlappedPixels());
    if (!placed.unplaced().isEmpty()) {
      painter.finding("UNPLACED " + placed.unplaced().size() + " label frames on no slice");
    }
    for (int k = 0; k < stack.size(); k++) {
      painter.slice(k, placed.labels().labels().get(k));
    }
  }

  /** A region without a pixel is what a template left behind: nobody looked for it. */
  private static void paint(StructureSet object, SliceStack stack, LabelMapping mapping, LabelPainter painter)
      throws CaseRefusal {
    List<Region> regions = new ArrayList<>();
    Set<Integer> numbers = new HashSet<>();
    for (StructureSet.Roi roi : object.rois()) {
      OptionalInt index = mapping.classOf(roi.name());
      if (index.isPresent()) {
        numbers.add(roi.number());
      }
      boolean known = mapping.knows(roi.name());
      if ((index.isPresent() || !known) && roi.pixelCount() > 0) {
        index.ifPresentOrElse(i -> regions.add(new Region(roi, i)), () -> painter.unknown(roi.name()));
      }
    }
    Set<Integer> classes = new TreeSet<>();
    regions.forEach(region -> classes.add(region.classIndex()));
    painter.claim(classes, "RT Structure Set " + object.sopInstanceUid());
    for (Region region : regions) {
      for (int k = 0; k < stack.size(); k++) {
        painter.slice(k, region.roi().mask(k), region.classIndex());
      }
    }
    Map<StructureSet.Reason, Integer> contours = new EnumMap<>(StructureSet.Reason.class);
    for (StructureSet.Finding finding : object.findings()) {
      if (numbers.contains(finding.roiNumber())) {
        contours.merge(finding.reason(), Math.max(1, finding.contours()), Integer::sum);
      }
    }
    contours.forEach((reason, count) -> painter.finding(reason + " " + count + " contours"));
  }
}
