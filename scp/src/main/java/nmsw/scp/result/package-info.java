/**
 * The DICOM objects that a result consists of: Segmentation, report, preview ({@link nmsw.scp.result.ResultObjects}),
 * and which results a series was given before. Their UIDs are derived from series and model: a second run gives the
 * same objects.
 */
package nmsw.scp.result;
