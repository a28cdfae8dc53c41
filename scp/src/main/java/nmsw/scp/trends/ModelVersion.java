package nmsw.scp.trends;

/** What a trend is of: results of different versions do not compare. */
public record ModelVersion(String name, String version) {
  @Override
  public String toString() {
    return name + " " + version;
  }
}
