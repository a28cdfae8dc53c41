/**
 * The node: receives CT series by C-STORE, decides when one is complete, queues it, segments it and sends the
 * DICOM Segmentation back. {@link nmsw.scp.Node} ties the parts together and is where to start reading; the
 * way of a series is {@code StoreService -> Spool -> SeriesAssembler -> JobQueue -> SegmentationJob -> Outbox
 * -> Deliverer}, and its state is kept by {@code SeriesTable}. The spool on disk is the truth: the database
 * can be rebuilt from it.
 *
 * <p>Called by the commands in {@code nmsw.scp.cli} only. Segmentation without a network is {@link
 * nmsw.scp.SeriesSegmentation}.
 */
package nmsw.scp;
