package nmsw.dicom;

/**
 * What a DICOM file held.
 *
 * @param meta group 0002, empty for a file without it
 * @param transferSyntax of the data set as it was in the file
 */
public record DicomFile(Dataset meta, Dataset dataset, TransferSyntax transferSyntax) {}
