/**
 * The DICOM JSON Model (PS3.18 annex F): data sets as text that browsers and other toolkits read and write.
 *
 * <p>{@link nmsw.dicom.json.DicomJsonWriter} and {@link nmsw.dicom.json.DicomJsonReader} stream; what comes in
 * is bounded as data sets are. It calls {@code nmsw.dicom} only. Start reading at the writer.
 */
package nmsw.dicom.json;
