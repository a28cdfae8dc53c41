package nmsw.dicom.net;

/**
 * Who is connected.
 *
 * @param id counts the associations of one server from 1
 * @param remoteAddress numeric address and port of the peer
 */
public record AssociationInfo(long id, String callingAeTitle, String calledAeTitle, String remoteAddress) {}
