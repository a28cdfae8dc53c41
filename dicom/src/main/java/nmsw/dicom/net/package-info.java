/**
 * DICOM over the network: the upper layer of PS3.8, with TLS or without, and on it C-ECHO, C-STORE and storage commitment
 * on both sides; C-FIND, C-MOVE and C-GET as SCU.
 *
 * <p>Callers need {@link nmsw.dicom.net.DicomServer} with {@link nmsw.dicom.net.ServerHandlers}, {@link
 * nmsw.dicom.net.DicomClient} and {@link nmsw.dicom.net.QueryRetrieve}; the rest is package-private or values for these. To
 * read the code start with {@code State} (it is Table 9-10 of PS3.8), then {@code Association} (one connection and its
 * state), {@code Dimse} (messages over an association) and {@code ServerAssociation} (what the node answers). Everything a
 * peer sends is bounded before memory is given to it, and every wait on a peer has a limit.
 */
package nmsw.dicom.net;
