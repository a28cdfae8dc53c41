package nmsw.scp.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import nmsw.dicom.Dataset;
import nmsw.dicom.DatasetDump;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.PixelDataHandler;
import nmsw.dicom.VR;
import nmsw.dicom.Validity;
import nmsw.dicom.json.DicomJsonWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "dump",
    description = "Shows what a DICOM file holds; pixel data are passed over, so that a file may be of any size.",
    mixinStandardHelpOptions = true)
final class DumpCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A DICOM file.")
  private Path file;

  @Option(names = "--json", description = "DICOM JSON (PS3.18 annex F); pixel data as a reference to the file.")
  private boolean json;

  @Option(names = "--check", description = "Also tell the values that the standard does not allow.")
  private boolean check;

  @Option(names = "--width", paramLabel = "N", defaultValue = "80",
      description = "Characters of a value that are shown (default ${DEFAULT-VALUE}).")
  private int width;

  @Spec private CommandSpec spec;

  /** Pixel data that were passed over. */
  private static final class PixelDataSize implements PixelDataHandler {
    int tag;
    VR vr;
    int pieces;
    long bytes;

    @Override
    public void piece(Dataset before, int pixelData, VR itsVr, int index, long length, InputStream in) {
      tag = pixelData;
      vr = itsVr;
      pieces++;
      bytes += length;
    }
  }

  @Override
  public Integer call() throws IOException {
    PixelDataSize pixels = new PixelDataSize();
    DicomFile read = DicomReader.read(file, ParseLimits.defaults(), pixels);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      writeJson(read.dataset(), pixels, out);
    } else {
      out.println("# " + read.transferSyntax());
      out.print(DatasetDump.of(read.meta(), width));
      out.print(DatasetDump.of(read.dataset(), width));
      if (pixels.pieces > 0) {
        out.printf("# pixel data (%04X,%04X) %s: %d bytes in %d pieces, not shown%n",
            pixels.tag >>> 16, pixels.tag & 0xFFFF, pixels.vr, pixels.bytes, pixels.pieces);
      }
    }
    out.flush();
    if (check) {
      PrintWriter err = spec.commandLine().getErr();
      Validity.STRICT.problems(read.dataset()).forEach(problem ->
          err.println(problem + (problem.repairable() ? "; what is meant is plain" : "")));
    }
    return ExitCode.DONE;
  }

  private void writeJson(Dataset dataset, PixelDataSize pixels, PrintWriter out) throws IOException {
    String name = String.format("%08X", pixels.tag);
    if (pixels.pieces > 0) {
      dataset.putBytes(pixels.tag, pixels.vr, new byte[0]);
    }
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
    DicomJsonWriter.write(
        dataset,
        (path, element) ->
            pixels.pieces > 0 && path.equals(name) ? Optional.of(file.toUri() + "#" + path) : Optional.empty(),
        utf8);
    out.println(utf8.toString(StandardCharsets.UTF_8));
  }
}
