package nmsw.volume;

/**
 * An image of a series that was left out, and why.
 *
 * @param sopInstanceUid of the object; of one with several frames, followed by {@code " frame "} and its number
 */
public record Finding(GeometryRefusal.Code code, String sopInstanceUid, String text) {}
