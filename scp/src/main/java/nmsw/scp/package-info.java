/**
 * The node: receives CT series by C-STORE, decides when one is complete, queues it, segments it and sends the
 * DICOM Segmentation back. {@link nmsw.scp.Node} ties the parts together and is where to start reading; beside it stands what
 * looks at all of them: recovery at start-up, retention, the check before a start, the reading of a changed configuration.
 *
 * <p>A series goes through {@code receive -> spool -> database (queue) -> work (routing, segment, result) -> delivery}. The spool on
 * disk is the truth: the database can be rebuilt from it. Called by {@code nmsw.scp.cli} only; no other package of the node
 * knows this one.
 */
package nmsw.scp;
