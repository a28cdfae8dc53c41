package nmsw.seg;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;
import nmsw.volume.RegionStatistics;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** A CT series with noise in its pixels, planes at irregular distances, and labels on it: what a report is made of. */
record MeasuredSeries(CtFixture ct, SliceStack stack, List<short[]> hounsfield, SliceLabels labels) {
  static MeasuredSeries of(CtFixture ct, SliceLabels labels, long seed) {
    Random random = new Random(seed);
    SliceStack regular = ct.stack();
    Vec3 normal = regular.normal();
    List<SliceStack.Slice> planes = new ArrayList<>();
    List<short[]> hounsfield = new ArrayList<>();
    double shift = 0;
    for (SliceStack.Slice slice : regular.slices()) {
      // Within what a DS holds exactly, so that a reader of the files computes with the same numbers.
      shift += random.nextInt(200) / 100.0;
      planes.add(
          new SliceStack.Slice(
              slice.sopInstanceUid(), slice.sopClassUid(), 1, slice.instanceNumber(),
              slice.position().plus(normal.times(shift))));
      short[] values = new short[ct.rows() * ct.columns()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (short) (random.nextInt(4096) - 1024);
      }
      hounsfield.add(values);
    }
    SliceStack stack =
        new SliceStack(
            regular.columns(), regular.rows(), regular.columnSpacing(), regular.rowSpacing(),
            regular.rowDirection(), regular.columnDirection(), planes);
    return new MeasuredSeries(ct, stack, hounsfield, new SliceLabels(stack, labels.labels()));
  }

  RegionStatistics statistics() {
    return RegionStatistics.of(labels, hounsfield, 1);
  }

  /** The image as it would stand in a file. */
  Dataset slice(int k) {
    ByteBuffer pixels = ByteBuffer.allocate(2 * hounsfield.get(k).length).order(ByteOrder.LITTLE_ENDIAN);
    for (short value : hounsfield.get(k)) {
      pixels.putShort((short) (value + 1024));
    }
    Vec3 position = stack.slices().get(k).position();
    return ct.slice(k)
        .putNumber(Tag.ImagePositionPatient, position.x(), position.y(), position.z())
        .putBytes(Tag.PixelData, VR.OW, pixels.array());
  }

  WrittenSegmentation segmentation() throws Exception {
    return segmentation(SegmentationFormat.DEFAULT);
  }

  WrittenSegmentation segmentation(SegmentationFormat format) throws Exception {
    return SegmentationWriter.write(
        labels, (label, slice) -> Optional.empty(), CtFixture.TABLE, ct.slice(0), CtFixture.ALGORITHM,
        CtFixture.EQUIPMENT, ct.uids(), CtFixture.CLOCK, format);
  }

  Dataset report() throws Exception {
    return report(segmentation());
  }

  Dataset report(WrittenSegmentation segmentation) throws Exception {
    return MeasurementReport.write(
        stack, statistics(), CtFixture.TABLE, segmentation, ct.slice(0), CtFixture.ALGORITHM, CtFixture.EQUIPMENT,
        ct.uids(), CtFixture.CLOCK);
  }
}
