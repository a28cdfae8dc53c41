/**
 * Data sets of labelled CT on disk, and their making from a hospital's studies.
 *
 * <p>{@link nmsw.training.dataset.DataSet} reads one; its held-out part is {@link nmsw.training.dataset.TestCases}, a type
 * that nothing that trains accepts. {@link nmsw.training.dataset.StudyImport} makes one from a {@code StudySource}: a
 * folder of NIfTI files or of DICOM objects, whoever put it there; {@code PacsImport} puts there what an archive sends. Start
 * with either; the command line is {@link nmsw.training.dataset.ImportCommand}. Nothing here knows of the engine.
 */
package nmsw.training.dataset;
