package nmsw.scp.config;

/**
 * What the disk bears: {@code storage} of the configuration.
 *
 * @param diskReserve free space of the data directory below which C-STORE is answered with A700
 * @param maxObject largest data set accepted
 * @param quota how much of the disk the spool may take
 * @param retention how long series stay in the spool that nothing more happens to
 */
public record StorageConfig(DataSize diskReserve, DataSize maxObject, QuotaConfig quota, RetentionConfig retention) {

  /** Without quotas, and with the usual retention. */
  public StorageConfig(DataSize diskReserve, DataSize maxObject) {
    this(diskReserve, maxObject, QuotaConfig.NONE, RetentionConfig.DEFAULT);
  }

  static StorageConfig read(ConfigSection section) {
    StorageConfig storage =
        new StorageConfig(
            section.size("diskReserve", new DataSize(2L << 30)),
            section.size("maxObject", new DataSize(1L << 30)),
            QuotaConfig.read(section.section("quota")),
            RetentionConfig.read(section.section("retention")));
    if (storage.retention.total().isPresent()
        && storage.quota.total().isPresent()
        && storage.retention.total().get().bytes() > storage.quota.total().get().bytes()) {
      section.problem("retention", "total is larger than quota.total: nothing would ever be removed for it");
    }
    section.end();
    return storage;
  }
}
