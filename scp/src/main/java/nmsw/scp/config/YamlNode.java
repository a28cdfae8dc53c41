package nmsw.scp.config;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A YAML document with its line numbers, which Jackson's own tree does not keep. Tags are ignored, aliases
 * and duplicate keys refused.
 */
sealed interface YamlNode {
  /** Line of the value, from 1. */
  int line();

  /** A value as written; null for an empty one. */
  record Scalar(String text, int line) implements YamlNode {}

  record Sequence(List<YamlNode> items, int line) implements YamlNode {}

  record Mapping(Map<String, YamlNode> entries, int line) implements YamlNode {}

  /** The document's root; an empty document is an empty mapping. */
  static YamlNode parse(String yaml) throws IOException {
    YAMLFactory factory =
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    try (YAMLParser parser = factory.createParser(yaml)) {
      return parser.nextToken() == null ? new Mapping(Map.of(), 1) : value(parser);
    }
  }

  private static YamlNode value(YAMLParser parser) throws IOException {
    int line = parser.currentTokenLocation().getLineNr();
    if (parser.isCurrentAlias()) {
      throw new IOException("line " + line + ": YAML aliases are not accepted here");
    }
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_ARRAY) {
      List<YamlNode> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(value(parser));
      }
      return new Sequence(items, line);
    }
    if (token == JsonToken.START_OBJECT) {
      Map<String, YamlNode> entries = new LinkedHashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        parser.nextToken();
        entries.put(key, value(parser));
      }
      return new Mapping(entries, line);
    }
    return new Scalar(token == JsonToken.VALUE_NULL ? null : parser.getText(), line);
  }
}
