package nmsw.scp;

import java.util.Optional;

/**
 * Where health and metrics are shown, by HTTP, to whoever can connect: {@code web} of the configuration.
 *
 * @param port 0 takes a free one
 */
public record WebConfig(String bind, int port) {

  /** Empty where the configuration has no such section. */
  static Optional<WebConfig> read(ConfigSection root) {
    ConfigSection section = root.section("web");
    if (!root.holdsMapping("web")) {
      return Optional.empty();
    }
    WebConfig web = new WebConfig(section.string("bind", "127.0.0.1"), section.integer("port", 0, 65535, 11180));
    section.end();
    return Optional.of(web);
  }
}
