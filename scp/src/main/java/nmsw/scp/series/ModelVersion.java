package nmsw.scp.series;

/** What made a result: results of different versions do not compare. */
public record ModelVersion(String name, String version) {
  @Override
  public String toString() {
    return name + " " + version;
  }
}
