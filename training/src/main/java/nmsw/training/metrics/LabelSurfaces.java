package nmsw.training.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Surface voxels of a class, of the prediction and of the truth, in a box that holds all of it. */
public final class LabelSurfaces {
  private final int[] extent;
  private final boolean[] ofPrediction;
  private final boolean[] ofTruth;

  /**
   * @param extent voxels of the box along x, y and z; x is the fastest index
   */
  LabelSurfaces(int[] extent, boolean[] ofPrediction, boolean[] ofTruth) {
    this.extent = extent;
    this.ofPrediction = ofPrediction;
    this.ofTruth = ofTruth;
  }

  /**
   * @param spacing of the voxels along x, y and z, in the unit of the distances
   */
  public SurfaceDistances distances(double[] spacing) {
    return new SurfaceDistances(
        distances(ofPrediction, ofTruth, spacing), distances(ofTruth, ofPrediction, spacing));
  }

  private double[] distances(boolean[] from, boolean[] to, double[] spacing) {
    int[] voxels = IntStream.range(0, from.length).filter(v -> from[v]).toArray();
    DistanceTransform transform = new DistanceTransform(extent, to, spacing);
    return Arrays.stream(voxels).mapToDouble(v -> Math.sqrt(transform.square(v))).toArray();
  }
}
