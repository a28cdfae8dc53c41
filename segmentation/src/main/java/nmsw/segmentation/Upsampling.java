package nmsw.segmentation;

/** Linear interpolation at half-pixel centres along one axis: which two samples, and how much of the second. */
final class Upsampling {
  final int[] below;
  final int[] above;
  final float[] fraction;

  /** Voxels after which the place between two samples is the same, the samples being the next; all where there is none. */
  final int period;

  Upsampling(int source, int target) {
    period = target % source == 0 ? target / source : target;
    below = new int[target];
    above = new int[target];
    fraction = new float[target];
    double scale = (double) source / target;
    for (int i = 0; i < target; i++) {
      double position = Math.max(0, (i + 0.5) * scale - 0.5);
      below[i] = Math.min(source - 1, (int) position);
      above[i] = Math.min(source - 1, below[i] + 1);
      fraction[i] = (float) (position - below[i]);
    }
  }
}
