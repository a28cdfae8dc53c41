package nmsw.scp.cli;

import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option's value; what the reader refuses is wrong usage, in the reader's words. */
abstract class ParsedOption<T> implements ITypeConverter<T> {
  private final Function<String, T> reader;

  /**
   * @param reader throws IllegalArgumentException for what it does not take
   */
  ParsedOption(Function<String, T> reader) {
    this.reader = reader;
  }

  @Override
  public final T convert(String value) {
    try {
      return reader.apply(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
