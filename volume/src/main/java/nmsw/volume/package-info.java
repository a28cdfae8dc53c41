/**
 * CT slices and volumes: where voxels lie in the patient, and how they get from one lattice to another.
 *
 * <p>Start with {@link nmsw.volume.SliceStack} (slices as they were acquired) and {@link nmsw.volume.Grid} (a
 * regular lattice); {@link nmsw.volume.CtSeriesReader} makes the first from files, {@link
 * nmsw.volume.ModelGrid} the second from the first, {@link nmsw.volume.Resampler} moves voxels and labels
 * between them. Positions are DICOM patient coordinates (LPS, mm), values Hounsfield units. Any module but
 * {@code dicom} may call this package.
 */
package nmsw.volume;
