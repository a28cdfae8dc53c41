package nmsw.volume.phantom;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/** The labelled organs in the order of their label values, with the codes of TotalSegmentator's table (v2). */
enum Organ {
  LIVER("10200004", "Liver", "", 0x288C28),
  SPLEEN("78961009", "Spleen", "", 0x32AA3C),
  KIDNEY_LEFT("64033007", "Kidney", "left", 0x2E8AB8),
  KIDNEY_RIGHT("64033007", "Kidney", "right", 0x226688),
  STOMACH("69695003", "Stomach", "", 0xB446A0),
  GALLBLADDER("28231008", "Gallbladder", "", 0x36D877),
  PANCREAS("15776009", "Pancreas", "", 0x3C9650),
  URINARY_BLADDER("89837001", "Urinary bladder", "", 0x365ED8),
  AORTA("15825003", "Aorta", "", 0xD86C36),
  INFERIOR_VENA_CAVA("64131007", "Inferior vena cava", "", 0x0046C8),
  COLON("71854001", "Colon", "", 0x9628AA);

  private final String code;
  private final String meaning;
  private final String side;
  private final int rgb;

  Organ(String code, String meaning, String side, int rgb) {
    this.code = code;
    this.meaning = meaning;
    this.side = side;
    this.rgb = rgb;
  }

  int label() {
    return ordinal() + 1;
  }

  static LabelTable table() {
    List<LabelClass> classes = new ArrayList<>();
    for (Organ organ : values()) {
      String name = organ.name().toLowerCase(java.util.Locale.ROOT);
      Optional<Code> modifier = switch (organ.side) {
        case "left" -> Optional.of(new Code("SCT", "7771000", "Left"));
        case "right" -> Optional.of(new Code("SCT", "24028007", "Right"));
        default -> Optional.empty();
      };
      classes.add(new LabelClass(
          organ.label(), name, name.replace('_', ' '),
          new Code("SCT", "123037004", "Anatomical Structure"),
          new Code("SCT", organ.code, organ.meaning),
          modifier, Optional.empty(), Optional.empty(), organ.rgb));
    }
    return new LabelTable(classes);
  }
}
