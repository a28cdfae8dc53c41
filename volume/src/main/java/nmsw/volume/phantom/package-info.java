/**
 * A synthetic patient: a randomised abdomen whose every point has an analytic label and Hounsfield value, for
 * training, demonstrations and tests that need a CT whose truth is known exactly.
 *
 * <p>Start at {@link nmsw.volume.phantom.AbdomenPhantom}; {@code Anatomy} places the organs, {@code Layer} and its
 * shapes say what fills them, {@code Space} holds the patient's proportions. Callers sample it on any grid or stack.
 * {@link nmsw.volume.phantom.PhantomSeries} writes it as DICOM, well or badly ({@link nmsw.volume.phantom.ScanOption}).
 */
package nmsw.volume.phantom;
