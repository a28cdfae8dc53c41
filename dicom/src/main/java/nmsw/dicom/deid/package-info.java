/**
 * De-identification by PS3.15 Annex E: the Basic Application Level Confidentiality Profile with options.
 *
 * <p>It lives in the {@code dicom} module because it needs the data set model and the dictionary and nothing
 * else: any module that lets objects leave the site, or takes them into a training set, may call it. Start at
 * {@link nmsw.dicom.deid.Deidentifier}. What happens to which attribute stands in {@code confidentiality.tsv},
 * not in code. The face that a head scan shows is not removed (Clean Recognizable Visual Features).
 */
package nmsw.dicom.deid;
