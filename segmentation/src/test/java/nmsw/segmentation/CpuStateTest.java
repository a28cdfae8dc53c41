package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpuStateTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "flags\t\t: fpu avx512f avx512_bf16 amx_tile",
        "flags\t\t: fpu amx_bf16",
        "Features\t: fp asimd bf16 sve"
      })
  void instructionsForBfloat16AreFound(String line) {
    assertTrue(CpuState.of(List.of("processor\t: 0", line, "processor\t: 1", "flags\t\t: fpu")).bfloat16());
  }

  @Test
  void othersHaveNone() {
    CpuState cascadeLake =
        CpuState.of(
            List.of("model name\t: bf16", "vmx flags\t: amx_bf16", "flags\t\t: fpu avx512f avx512_vnni"));
    assertEquals(Set.of("fpu", "avx512f", "avx512_vnni"), cascadeLake.flags());
    assertFalse(cascadeLake.bfloat16());
    assertFalse(CpuState.of(List.of("Features\t: fp asimd")).bfloat16());
  }

  @Test
  void aSystemThatDoesNotSayHasNone() {
    assertEquals(Set.of(), CpuState.of(List.of()).flags());
    assertEquals(Set.of(), CpuState.of(List.of("processor : 0")).flags());
  }

  @Test
  void thisMachineIsRead() {
    assertTrue(CpuState.read().flags().size() > 1, CpuState.read().toString());
  }
}
