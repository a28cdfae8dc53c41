package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorCleanerTest {
  private final DescriptorCleaner cleaner = new DescriptorCleaner(Set.of("GTV_Mass_CT"));

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "CT Abdomen/Pelvis w contrast 5.0mm | CT Abdomen/Pelvis w contrast 5.0mm",
    "kidney_left | kidney_left",
    "vertebrae_L5 | vertebrae_L5",
    "rib_left_12 | rib_left_12",
    "GTV_Mass_CT | GTV_Mass_CT",
    "Thorax Hr. Schmidt | Thorax",
    "Schmidt Thorax (Kopie) axial | Thorax axial",
    "CT *12.03.1957* head | CT head",
    "CT 12-03-57 head | CT head",
    "CT 12 03 57 head | CT head",
    "CT 12_03_1957 head | CT head",
    "CT head 4711 | CT head",
    "CT head Raum 12 | CT head 12",
    "Tel. 0761/27038210 | ''",
    "Österreich lung | lung"
  })
  void keepsWhatIsHarmless(String text, String expected) {
    assertEquals(expected, cleaner.clean(text, Set.of()));
  }

  @Test
  void whatIsPartOfANameGoesThoughItIsAWord() {
    assertEquals("CT of the", cleaner.clean("CT of the Head", Set.of("head", "john")));
  }
}
