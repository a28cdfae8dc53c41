/**
 * The whole node as a PACS sees it: {@code ./nmsw serve} as a process, DCMTK's programs as its peers, dicom3tools as the
 * judge of what comes back. A peer that is missing fails the run; {@code ./nmsw test} installs them.
 */
package nmsw.scp.it;
