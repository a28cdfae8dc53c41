package nmsw.scp.config;

import java.util.ArrayList;
import java.util.List;

/**
 * A configuration that cannot be used; carries every problem found, each with its key and, where known, its
 * line.
 */
public final class ConfigException extends Exception {
  private final List<String> problems;

  ConfigException(String source, List<String> problems) {
    super(source + ": " + String.join("\n  ", problems.size() == 1 ? problems : withHead(problems)));
    this.problems = List.copyOf(problems);
  }

  private static List<String> withHead(List<String> problems) {
    List<String> lines = new ArrayList<>();
    lines.add(problems.size() + " problems");
    lines.addAll(problems);
    return lines;
  }

  public List<String> problems() {
    return problems;
  }
}
