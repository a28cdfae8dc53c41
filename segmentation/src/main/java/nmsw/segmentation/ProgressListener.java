package nmsw.segmentation;

/** Hears how far a segmentation is; called on the segmenting thread. */
@FunctionalInterface
public interface ProgressListener {
  /** Hears nothing. */
  ProgressListener NONE = (stage, done, total) -> {};

  /**
   * @param stage name of the stage, one of {@link SegmentationResult}'s
   * @param done steps of the stage that are finished
   * @param total steps of the stage
   */
  void progress(String stage, int done, int total);
}
