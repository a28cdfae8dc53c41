/**
 * Compressed frames: bytes in, sample values out. Knows nothing of data sets, and throws nothing but
 * {@link nmsw.dicom.codec.CodecException} at whatever bytes it is given.
 *
 * <p>Called by {@link nmsw.dicom.PixelDecoder} and {@link nmsw.dicom.PixelEncoder} and by nobody else. Start
 * reading at {@link nmsw.dicom.codec.Codec}. All of it is for one sample per pixel of at most 16 bits.
 *
 * <p>Own code, because nothing on Maven Central was right when measured on 512 x 512 CT slices: JPEG-LS and
 * 12-bit JPEG are not there at all; of JPEG 2000 there is a JJ2000 of 2020 that takes twice OpenJPEG's time;
 * JPEG Lossless through ImageIO takes twice DCMTK's; and none of them bounds what a hostile stream may ask for.
 */
package nmsw.dicom.codec;
