package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.SelectionRequest.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComparedSelectionTest {
  @Test
  void thePapersNamesAreSelections() {
    assertEquals(
        List.of(
            of("sw", Kind.SLIDING_WINDOW, 0),
            of("rf:5", Kind.RANDOM_FOREGROUND, 5),
            of("nmsw:30", Kind.TOP_K, 30),
            of("nmsw", Kind.TOP_K, 0),
            of("adaptive", Kind.MARGINAL_GAIN, 0)),
        ComparedSelection.parse("sw, rf:5,nmsw:30,nmsw,adaptive", 7));
  }

  private static ComparedSelection of(String name, Kind kind, int k) {
    return new ComparedSelection(
        name, new SelectionRequest(kind, k == 0 ? Optional.empty() : Optional.of(k), 7));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sw,", "sw:5", "rf:0", "rf:", "nmsw:-1", "nmsw:x", "top-k", "nmsw:99999999999", "rf:5,rf:5"})
  void anythingElseIsRefusedByItsName(String list) {
    String said =
        assertThrows(IllegalArgumentException.class, () -> ComparedSelection.parse(list, 0)).getMessage();
    assertTrue(said.startsWith("'"), said);
  }
}
