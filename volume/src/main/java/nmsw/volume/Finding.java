package nmsw.volume;

/** An object of a series that was left out, and why. */
public record Finding(GeometryRefusal.Code code, String sopInstanceUid, String text) {}
