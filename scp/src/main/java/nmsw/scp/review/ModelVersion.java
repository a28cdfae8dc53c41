package nmsw.scp.review;

/** Which version of which model. */
public record ModelVersion(String model, String version) {}
