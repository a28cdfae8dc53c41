package nmsw.scp.config;

/**
 * What may be learnt from, and how much of it is kept: {@code review} of the configuration.
 *
 * @param corrections whether Segmentations are taken by C-STORE, as corrections of results
 * @param consent whether a series may be learnt from where nobody said anything else
 * @param quota how much the folder of candidates may take
 */
public record ReviewConfig(boolean corrections, boolean consent, DataSize quota) {
  static ReviewConfig read(ConfigSection section) {
    ReviewConfig review =
        new ReviewConfig(
            section.flag("corrections", false),
            section.flag("consent", false),
            section.size("quota", new DataSize(50L << 30)));
    section.end();
    return review;
  }
}
