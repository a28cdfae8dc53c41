package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CsvRowTest {
  @Provide
  Arbitrary<List<String>> cells() {
    return Arbitraries.strings().withChars("a,\" ;\u00e9").ofMaxLength(6).list().ofMinSize(1).ofMaxSize(5);
  }

  @Property
  void cellsComeBack(@ForAll("cells") List<String> cells) {
    assertEquals(cells, CsvRow.parse(CsvRow.format(cells)));
  }

  @Example
  void whatIsNoRowIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> CsvRow.parse("a,\"b"));
    assertThrows(IllegalArgumentException.class, () -> CsvRow.format(List.of("a\nb")));
  }
}
