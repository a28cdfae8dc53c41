package nmsw.scp.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.scp.config.ResultKind;
import nmsw.scp.result.ResultObjects;
import nmsw.scp.series.Timings;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationOnStack;
import nmsw.seg.SegmentationReader;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import nmsw.volume.phantom.ScanOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From files to a Segmentation, with a network that knows the phantom. */
class SeriesSegmentationTest {
  private static final AbdomenPhantom PHANTOM = new AbdomenPhantom(3);
  private static final int SLICES = 17;

  @TempDir Path folder;

  @Test
  void aTiltedEnhancedCtIsAnsweredFrameByFrame() throws Exception {
    Set<ScanOption> options = Set.of(ScanOption.TILTED, ScanOption.ENHANCED);
    SliceStack planes = PhantomSeries.planes(AbdomenPhantom.standardStack(60, 46, SLICES, 7, 7, 20), options);
    List<Path> files = PhantomSeries.write(folder, PHANTOM, planes, 3, options);
    SegmentedSeries result =
        new SeriesSegmentation(new Omniscient(), GeometryRules.defaults())
            .segment(files, VolumeSegmenter.Progress.NONE);

    Path file = folder.resolve("result.dcm");
    try (OutputStream out = Files.newOutputStream(file)) {
      new ResultObjects(result, "1", Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))
          .object(ResultKind.SEG, SegmentationFormat.DEFAULT)
          .orElseThrow()
          .writeTo(out);
    }
    Dataset dataset = DicomReader.read(file).dataset();
    List<Dataset> series = dataset.items(Tag.ReferencedSeriesSequence);
    assertEquals(1, series.size());
    List<Dataset> instances = series.get(0).items(Tag.ReferencedInstanceSequence);
    assertEquals(1, instances.size(), "one object, however many frames");
    assertEquals(Uid.EnhancedCTImageStorage, instances.get(0).requireString(Tag.ReferencedSOPClassUID));
    for (Dataset frame : dataset.items(Tag.PerFrameFunctionalGroupsSequence)) {
      Dataset source =
          frame.item(Tag.DerivationImageSequence).orElseThrow().item(Tag.SourceImageSequence).orElseThrow();
      Vec3 expected = planes.slices().get(source.requireInt(Tag.ReferencedFrameNumber) - 1).position();
      double[] p =
          frame.item(Tag.PlanePositionSequence).orElseThrow().requireNumbers(Tag.ImagePositionPatient, 3);
      assertEquals(0, expected.minus(new Vec3(p[0], p[1], p[2])).length(), 1e-3);
    }

    Segmentation segmentation = SegmentationReader.read(dataset);
    SegmentationOnStack placed =
        segmentation.toSliceLabels(result.series().stack(), segmentation.classes(result.table()));
    SliceLabels truth = PHANTOM.labels(planes);
    long same = 0;
    for (int k = 0; k < SLICES; k++) {
      byte[] labels = placed.labels().labels().get(k);
      assertArrayEquals(result.labels().labels().get(k), labels);
      for (int i = 0; i < labels.length; i++) {
        same += labels[i] == truth.labels().get(k)[i] ? 1 : 0;
      }
    }
    assertTrue(same > 0.97 * SLICES * 60 * 46, same + " pixels as in truth");
  }

  private static final class Omniscient implements VolumeSegmenter {
    @Override
    public Model model() {
      return new Model("truth", "1", new Vec3(6, 6, 6), AbdomenPhantom.labelTable());
    }

    @Override
    public Result segment(Volume volume, Progress progress) {
      return new Result(LabelProbabilities.certain(PHANTOM.labels(volume.grid())), List.of(), Timings.NONE, "exact");
    }

    @Override
    public void close() {}
  }
}
