package nmsw.bench;

import nmsw.segmentation.nn.Int3;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Voxels per axis: one number, or three with commas. */
final class SizeConverter implements ITypeConverter<Int3> {
  @Override
  public Int3 convert(String text) {
    if (text.matches("\\d{1,5}")) {
      return Int3.cube(Integer.parseInt(text));
    }
    if (text.matches("\\d{1,5},\\d{1,5},\\d{1,5}")) {
      String[] axes = text.split(",");
      return new Int3(
          Integer.parseInt(axes[0]), Integer.parseInt(axes[1]), Integer.parseInt(axes[2]));
    }
    throw new TypeConversionException("'" + text + "' is not one number or three with commas");
  }
}
