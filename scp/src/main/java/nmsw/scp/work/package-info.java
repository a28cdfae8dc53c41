/**
 * What is done with a series whose turn it is: {@link nmsw.scp.work.SegmentationJob} takes it from READY to RETURNING,
 * REFUSED or FAILED; {@link nmsw.scp.work.Setbacks} decides whether and when an attempt that failed is made again.
 */
package nmsw.scp.work;
