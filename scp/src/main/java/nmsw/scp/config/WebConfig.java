package nmsw.scp.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** How page and API are served: {@code web} of the configuration. */
final class WebConfig {
  private static final Pattern HOST = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private WebConfig() {}

  /** Empty where the configuration has no such section. */
  static Optional<WebSettings> read(ConfigSection root) {
    ConfigSection section = root.section("web");
    if (!root.holdsMapping("web")) {
      return Optional.empty();
    }
    WebSettings web =
        new WebSettings(
            section.string("bind", "127.0.0.1"),
            section.integer("port", 0, 65535, 11180),
            section.optionalPath("tokenFile"),
            Set.copyOf(section.list("hosts", WebConfig::host, List.of())),
            section.flag("tls", false),
            section.flag("patientNames", false));
    if (web.isOpen() && (web.tokenFile().isEmpty() || !web.tls())) {
      section.problem("bind", "'" + web.bind() + "' lets other machines in; that needs tokenFile, and tls: true");
    }
    section.end();
    return Optional.of(web);
  }

  private static String host(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    if (!HOST.matcher(name).matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a host name; write it without port");
    }
    return name;
  }
}
