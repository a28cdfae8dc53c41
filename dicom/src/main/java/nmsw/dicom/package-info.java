/**
 * DICOM data sets and files: what stands between bytes from outside and the rest of the node.
 *
 * <p>{@link nmsw.dicom.Dataset} is the type everybody works with; {@link nmsw.dicom.DicomReader} and
 * {@link nmsw.dicom.DicomWriter} turn it from and into bytes ({@link nmsw.dicom.PixelDataHandler} and
 * {@link nmsw.dicom.DicomFileWriter} where it is too large to hold), {@link nmsw.dicom.PixelDecoder} turns pixel
 * data into numbers, {@link nmsw.dicom.Validity} judges values. Any module may call this package; it calls only
 * {@code nmsw.dicom.codec}. Start reading at {@code DicomReader}. The tags and UIDs are generated (src/generator).
 */
package nmsw.dicom;
