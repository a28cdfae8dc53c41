package nmsw.scp;

/**
 * What the disk bears: {@code storage} of the configuration.
 *
 * @param diskReserve free space of the data directory below which C-STORE is answered with A700
 * @param maxObject largest data set accepted
 */
public record StorageConfig(DataSize diskReserve, DataSize maxObject) {
  static StorageConfig read(ConfigSection section) {
    StorageConfig storage =
        new StorageConfig(
            section.size("diskReserve", new DataSize(2L << 30)),
            section.size("maxObject", new DataSize(1L << 30)));
    section.end();
    return storage;
  }
}
