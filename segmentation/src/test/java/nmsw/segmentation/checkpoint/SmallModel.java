package nmsw.segmentation.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;

/** The model that {@code save_networks.py} saves the networks of: two U-Nets, two classes and background. */
final class SmallModel {
  static final ModelDescription DESCRIPTION =
      new ModelDescription(
          "small", "1.0", new Architecture.UNet(List.of(4, 6, 8, 8)),
          new Architecture.UNet(List.of(4, 6, 10)), new Vec3(2, 2, 3), -250, 500, Int3.cube(16), 0.5, Int3.cube(2), 3, Aggregation.NORMALISED_CW);

  private SmallModel() {}

  static LabelTable labels() {
    return new LabelTable(
        IntStream.rangeClosed(1, 2)
            .mapToObj(
                i ->
                    new LabelClass(
                        i, "organ" + i, "Organ " + i, new Code("SCT", "123037004", "Anatomical Structure"),
                        new Code("SCT", "10200004", "Liver"), Optional.empty(), Optional.empty(),
                        Optional.empty(), 0x102030))
            .toList());
  }
}
