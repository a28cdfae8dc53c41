package nmsw.segmentation;

import java.util.Optional;
import nmsw.segmentation.nn.BackgroundCells;
import nmsw.segmentation.nn.CellSampling;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;

/**
 * What the public code does differently around the networks (NMSW §16). Weights that were trained with it want
 * the same treatment; {@link #NONE} is what is better and what models trained here use. How logits are fused
 * is the model's {@link Aggregation}.
 *
 * @param downsampling of the global network's input (§2)
 * @param cellSampling how its feature becomes one vector per cell (§4 step 3)
 * @param backgroundCells which cells count as empty (§4 step 6)
 * @param fixedSize voxels to which every volume is padded or, about its centre, cropped (§1.1 step 9); what is
 *     cut off is background. Empty for as many as the body needs
 */
public record Compat(
    Downsampling downsampling, Cells cellSampling, Background backgroundCells, Optional<Int3> fixedSize) {
  public static final Compat NONE =
      new Compat(
          Downsampling.BLOCK_MEAN, Cells.FOOTPRINT_MEAN, Background.FOOTPRINT, Optional.empty());

  /** Which part of the global network's feature speaks for a cell. */
  public enum Cells {
    /** Its mean over the patch. */
    FOOTPRINT_MEAN,
    /** The feature at the patch's centre. */
    CENTRE,
    /** What the public code does: the feature resized to the grid, wherever the patches lie. */
    RESIZE;

    CellSampling of(PatchGrid grid, Int3 feature) {
      return switch (this) {
        case FOOTPRINT_MEAN -> CellSampling.footprintMean(grid, feature);
        case CENTRE -> CellSampling.centre(grid, feature);
        case RESIZE -> CellSampling.compat(grid.counts(), feature);
      };
    }
  }

  /** When a cell counts as empty. */
  public enum Background {
    /** No voxel of its patch is foreground; no cell counts as empty if too few others are left. */
    FOOTPRINT,
    /** What the public code does: one voxel, that of the labels resized to the grid, is background. */
    NEAREST_VOXEL;

    /**
     * @param labels argmax of the low-resolution logits, z fastest
     * @param atLeast cells that must hold foreground for {@link #FOOTPRINT} to leave any out
     */
    boolean[] of(byte[] labels, Int3 size, PatchGrid grid, int atLeast) {
      return this == FOOTPRINT
          ? BackgroundCells.byFootprint(labels, size, grid, atLeast)
          : BackgroundCells.compat(labels, size, grid.counts());
    }
  }
}
