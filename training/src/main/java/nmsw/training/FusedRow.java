package nmsw.training;

import java.util.Arrays;
import java.util.List;
import nmsw.segmentation.Upsampling;
import nmsw.segmentation.nn.Int3;

/**
 * A row along z of fused logits (NMSW eq. 6 in one normalised pass, §7), as [class][z] in double, and the way back: the loss'
 * derivatives by these logits, spread to low logits, patch logits and class weights. Rows are gone through cell by cell: for
 * each y, all x between two low planes. What it adds to low planes is only those two.
 */
final class FusedRow {

  /**
   * What is fused.
   *
   * @param low (1, classes, x, y, z)
   * @param patches (K, classes, patch)
   * @param gate per class the sigmoid of its weight: a patch's share
   * @param weight importance of each voxel of a patch, z fastest
   * @param starts of the patches, first voxel each
   * @param axes from the low grid to the full one, along x, y and z
   */
  record Parts(
      HostArray low,
      Int3 lowSize,
      HostArray patches,
      Int3 patch,
      double[] gate,
      double[] weight,
      List<Int3> starts,
      Int3 size,
      Upsampling[] axes) {

    int classes() {
      return gate.length;
    }
  }

  /** Of the same shapes as the low logits and the patches. */
  record Gradient(HostArray low, HostArray patches) {}

  private final Parts parts;
  private final Gradient gradient;
  private final int classes;
  private final int sizeZ;
  private final int lowZ;
  private final int[] belowZ;
  private final int[] aboveZ;
  private final double[] fractionZ;
  private final double[][] below;
  private final double[][] above;
  private final double[][] fused;
  private final double[][] difference;
  private final double[] weights;
  private final double[] covered;
  private final double[][] share;
  private final double[] mixed;
  private final double[] patchRow;
  private final float[] scratch;
  private final double[][] gradientBelow;
  private final double[][] gradientAbove;

  /** Of the class weights, before the sigmoid. */
  private final double[] gateGradient;

  private int lowerX;
  private int upperX;
  private int lowerY;
  private int upperY;
  private double fractionY;
  private double fractionX;
  private int x;
  private int y;
  private boolean anyPatch;

  /** Whether something is left that low planes are still to take. */
  private boolean spread;

  /**
   * @param gradient takes what {@link #spread} adds; null where that is not called
   */
  FusedRow(Parts parts, Gradient gradient) {
    this.parts = parts;
    this.gradient = gradient;
    classes = parts.classes();
    sizeZ = parts.size().z();
    lowZ = parts.lowSize().z();
    belowZ = new int[sizeZ];
    aboveZ = new int[sizeZ];
    fractionZ = new double[sizeZ];
    Upsampling alongZ = parts.axes()[2];
    for (int z = 0; z < sizeZ; z++) {
      belowZ[z] = alongZ.sample(alongZ.cell(z));
      aboveZ[z] = alongZ.sample(alongZ.cell(z) + 1);
      fractionZ[z] = alongZ.fraction(z);
    }
    below = new double[classes][lowZ];
    above = new double[classes][lowZ];
    fused = new double[classes][sizeZ];
    difference = new double[classes][sizeZ];
    weights = new double[sizeZ];
    covered = new double[sizeZ];
    share = new double[parts.starts().size()][parts.patch().z()];
    mixed = new double[lowZ];
    patchRow = new double[Math.max(lowZ, parts.patch().z())];
    scratch = new float[patchRow.length];
    gradientBelow = new double[classes][lowZ];
    gradientAbove = new double[classes][lowZ];
    gateGradient = new double[classes];
  }

  /** Goes to the rows of one y between two low planes. */
  void moveTo(int cellX, int y) {
    finish();
    Upsampling alongX = parts.axes()[0];
    Upsampling alongY = parts.axes()[1];
    this.y = y;
    lowerX = alongX.sample(cellX);
    upperX = alongX.sample(cellX + 1);
    lowerY = alongY.sample(alongY.cell(y));
    upperY = alongY.sample(alongY.cell(y) + 1);
    fractionY = alongY.fraction(y);
    load(lowerX, below);
    load(upperX, above);
  }

  private void load(int lowX, double[][] into) {
    for (int c = 0; c < classes; c++) {
      parts.low().read(lowRow(c, lowX, lowerY), into[c], lowZ, scratch);
      parts.low().read(lowRow(c, lowX, upperY), mixed, lowZ, scratch);
      mix(into[c], mixed, fractionY, into[c], lowZ);
    }
  }

  private int lowRow(int c, int lowX, int lowY) {
    Int3 size = parts.lowSize();
    return ((c * size.x() + lowX) * size.y() + lowY) * size.z();
  }

  private static void mix(double[] first, double[] second, double fraction, double[] into, int count) {
    double rest = 1 - fraction;
    for (int i = 0; i < count; i++) {
      into[i] = rest * first[i] + fraction * second[i];
    }
  }

  /** The row at an x of this cell, [class][z]; until the next call. */
  double[][] at(int x) {
    this.x = x;
    fractionX = parts.axes()[0].fraction(x);
    for (int c = 0; c < classes; c++) {
      mix(below[c], above[c], fractionX, mixed, lowZ);
      double[] ofClass = fused[c];
      for (int z = 0; z < sizeZ; z++) {
        ofClass[z] = (1 - fractionZ[z]) * mixed[belowZ[z]] + fractionZ[z] * mixed[aboveZ[z]];
      }
    }
    weigh();
    if (anyPatch) {
      addPatches();
    }
    return fused;
  }

  private boolean reaches(Int3 start) {
    int inX = x - start.x();
    int inY = y - start.y();
    return inX >= 0 && inX < parts.patch().x() && inY >= 0 && inY < parts.patch().y();
  }

  /** First voxel of the row within a patch that reaches it, in the patch. */
  private int inPatch(Int3 start) {
    return ((x - start.x()) * parts.patch().y() + y - start.y()) * parts.patch().z();
  }

  private int patchRow(int k, int c) {
    int voxels = (int) parts.patch().product();
    return (k * classes + c) * voxels + inPatch(parts.starts().get(k));
  }

  /** What each patch's share of the patches' weights is in this row. */
  private void weigh() {
    anyPatch = false;
    for (Int3 start : parts.starts()) {
      if (reaches(start)) {
        if (!anyPatch) {
          Arrays.fill(weights, 0);
          anyPatch = true;
        }
        int from = inPatch(start);
        for (int z = 0; z < parts.patch().z(); z++) {
          weights[start.z() + z] += parts.weight()[from + z];
        }
      }
    }
    for (int z = 0; anyPatch && z < sizeZ; z++) {
      covered[z] = weights[z] > 0 ? 1 : 0;
    }
    for (int k = 0; anyPatch && k < share.length; k++) {
      Int3 start = parts.starts().get(k);
      if (reaches(start)) {
        int from = inPatch(start);
        for (int z = 0; z < parts.patch().z(); z++) {
          share[k][z] = parts.weight()[from + z] / weights[start.z() + z];
        }
      }
    }
  }

  private void addPatches() {
    for (int c = 0; c < classes; c++) {
      double[] mean = difference[c];
      Arrays.fill(mean, 0);
      for (int k = 0; k < parts.starts().size(); k++) {
        Int3 start = parts.starts().get(k);
        if (reaches(start)) {
          parts.patches().read(patchRow(k, c), patchRow, parts.patch().z(), scratch);
          for (int z = 0; z < parts.patch().z(); z++) {
            mean[start.z() + z] += share[k][z] * patchRow[z];
          }
        }
      }
      double[] ofClass = fused[c];
      double gate = parts.gate()[c];
      for (int z = 0; z < sizeZ; z++) {
        mean[z] = covered[z] * (mean[z] - ofClass[z]);
        ofClass[z] += gate * mean[z];
      }
    }
  }

  /**
   * Spreads the derivatives by the logits of the row that {@link #at} gave last.
   *
   * @param derivative [class][z], is changed
   */
  void spread(double[][] derivative) {
    spread = true;
    for (int c = 0; c < classes; c++) {
      double[] ofClass = derivative[c];
      if (anyPatch) {
        spreadToPatches(c, ofClass);
      }
      Arrays.fill(mixed, 0);
      for (int z = 0; z < sizeZ; z++) {
        mixed[belowZ[z]] += (1 - fractionZ[z]) * ofClass[z];
        mixed[aboveZ[z]] += fractionZ[z] * ofClass[z];
      }
      double[] toBelow = gradientBelow[c];
      double[] toAbove = gradientAbove[c];
      for (int i = 0; i < lowZ; i++) {
        toBelow[i] += (1 - fractionX) * mixed[i];
        toAbove[i] += fractionX * mixed[i];
      }
    }
  }

  private void spreadToPatches(int c, double[] derivative) {
    double gate = parts.gate()[c];
    for (int k = 0; k < parts.starts().size(); k++) {
      Int3 start = parts.starts().get(k);
      if (reaches(start)) {
        for (int z = 0; z < parts.patch().z(); z++) {
          patchRow[z] = share[k][z] * derivative[start.z() + z];
        }
        gradient.patches().add(patchRow(k, c), patchRow, gate, parts.patch().z(), scratch);
      }
    }
    double byGate = 0;
    for (int z = 0; z < sizeZ; z++) {
      byGate += difference[c][z] * derivative[z];
      derivative[z] *= 1 - gate * covered[z];
    }
    gateGradient[c] += gate * (1 - gate) * byGate;
  }

  /** Adds to the low planes what rows have left. */
  void finish() {
    for (int c = 0; spread && c < classes; c++) {
      add(c, lowerX, gradientBelow[c]);
      add(c, upperX, gradientAbove[c]);
    }
    spread = false;
  }

  private void add(int c, int lowX, double[] row) {
    gradient.low().add(lowRow(c, lowX, lowerY), row, 1 - fractionY, lowZ, scratch);
    gradient.low().add(lowRow(c, lowX, upperY), row, fractionY, lowZ, scratch);
    Arrays.fill(row, 0);
  }

  /** By each class weight, before the sigmoid; of all rows so far. */
  double[] gateGradient() {
    return gateGradient.clone();
  }
}
