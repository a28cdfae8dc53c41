package nmsw.scp.spool;

import nmsw.dicom.net.AssociationInfo;

/**
 * An object that was acknowledged: it is in the spool.
 *
 * @param association on which it came
 * @param bytes of its file
 */
public record StoredObject(
    AssociationInfo association, String sopClassUid, String seriesUid, ObjectOutcome outcome, long bytes) {}
