package nmsw.dicom.net;

import nmsw.dicom.TransferSyntax;

/** One C-STORE request (PS3.7 §9.1.1); both UIDs are valid, and the class is the one negotiated for its context. */
public record StoreRequest(
    AssociationInfo association, String sopClassUid, String sopInstanceUid, TransferSyntax transferSyntax) {}
