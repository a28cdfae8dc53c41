package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import nmsw.volume.Code;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** Small bodies in air with a liver, a spleen and a bone, each different by its number; and folders full of them. */
final class Bodies {
  static final int LIVER = 1;
  static final int SPLEEN = 2;
  static final int FEMUR = 3;
  static final LabelTable TABLE =
      new LabelTable(
          List.of(
              organ(LIVER, "liver", "10200004", 0x288C28),
              organ(SPLEEN, "spleen", "78961009", 0x32AA3C),
              organ(FEMUR, "femur_left", "71341001", 0xC0A060)));

  private static final Grid GRID =
      new Grid(26, 24, 20, new Vec3(30, 40, -100), new Vec3(-3, 0, 0), new Vec3(0, -3, 0), new Vec3(0, 0, 5));

  private Bodies() {}

  private static LabelClass organ(int index, String name, String code, int rgb) {
    return new LabelClass(
        index,
        name,
        name.replace('_', ' '),
        new Code("SCT", "123037004", "Anatomical Structure"),
        new Code("SCT", code, name),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        rgb);
  }

  static Volume image(int number) {
    short[] values = new short[GRID.voxels()];
    byte[] labels = labels().labels();
    for (int k = 0; k < GRID.nz(); k++) {
      for (int j = 0; j < GRID.ny(); j++) {
        for (int i = 0; i < GRID.nx(); i++) {
          int v = GRID.index(i, j, k);
          boolean body = i > 1 && i < 24 && j > 1 && j < 22;
          int tissue = labels[v] == FEMUR ? 700 : labels[v] == 0 ? 20 : 60;
          values[v] = (short) (body ? tissue + (v + number) % 7 : -1000);
        }
      }
    }
    return new Volume(GRID, values);
  }

  /** In the table's indices. */
  static LabelVolume labels() {
    byte[] labels = new byte[GRID.voxels()];
    fill(labels, LIVER, 4, 12, 6, 14, 5, 15);
    fill(labels, SPLEEN, 16, 20, 12, 18, 6, 12);
    fill(labels, FEMUR, 16, 20, 4, 9, 0, 5);
    return new LabelVolume(GRID, labels);
  }

  /** One class as 1. */
  static LabelVolume mask(int index) {
    byte[] mask = labels().labels();
    for (int v = 0; v < mask.length; v++) {
      mask[v] = (byte) (mask[v] == index ? 1 : 0);
    }
    return new LabelVolume(GRID, mask);
  }

  /** The labels with other values: liver, spleen, femur. */
  static LabelVolume valued(int liver, int spleen, int femur) {
    byte[] values = {0, (byte) liver, (byte) spleen, (byte) femur};
    byte[] labels = labels().labels();
    for (int v = 0; v < labels.length; v++) {
      labels[v] = values[labels[v]];
    }
    return new LabelVolume(GRID, labels);
  }

  private static void fill(byte[] labels, int label, int x0, int x1, int y0, int y1, int z0, int z1) {
    for (int k = z0; k < z1; k++) {
      for (int j = y0; j < y1; j++) {
        for (int i = x0; i < x1; i++) {
          labels[GRID.index(i, j, k)] = (byte) label;
        }
      }
    }
  }

  /** This project's layout: NAME_ct, NAME_labels, and a line for each. */
  static Path pairs(Path folder, String... names) throws IOException {
    Files.createDirectories(folder);
    StringBuilder list = new StringBuilder("case,split\n");
    for (int n = 0; n < names.length; n++) {
      Nifti.write(folder.resolve(names[n] + "_ct.nii.gz"), image(n));
      Nifti.write(folder.resolve(names[n] + "_labels.nii.gz"), labels());
      list.append(names[n]).append(n % 2 == 0 ? ",train\n" : ",test\n");
    }
    Files.writeString(folder.resolve("cases.csv"), list);
    return folder;
  }
}
