package nmsw.training.metrics;

import java.util.Arrays;

/** Surface voxels of a class, of the prediction and of the truth. */
public final class LabelSurfaces {
  private final int[] size;
  private final int[] ofPrediction;
  private final int[] ofTruth;

  /**
   * @param size voxels of the volume along x, y and z; x is the fastest index
   * @param ofPrediction indices, ascending
   * @param ofTruth indices, ascending
   */
  LabelSurfaces(int[] size, int[] ofPrediction, int[] ofTruth) {
    this.size = size;
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

  private double[] distances(int[] from, int[] to, double[] spacing) {
    return Arrays.stream(DistanceTransform.squares(size, to, from, spacing)).map(Math::sqrt).toArray();
  }
}
