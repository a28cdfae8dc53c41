package nmsw.scp.cli;

import java.io.IOException;
import java.util.Collection;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of the words that talk to another application entity. */
final class PeerOptions {
  static final class RemoteAeConverter implements ITypeConverter<RemoteAe> {
    @Override
    public RemoteAe convert(String value) {
      try {
        return RemoteAe.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(
      names = "--to",
      required = true,
      paramLabel = "AET@HOST:PORT",
      converter = RemoteAeConverter.class,
      description = "The application entity to call.")
  private RemoteAe remote;

  @Option(
      names = "--as",
      paramLabel = "AET",
      defaultValue = "NMSW",
      description = "Our own AE title (default: ${DEFAULT-VALUE}).")
  private String callingAeTitle;

  RemoteAe remote() {
    return remote;
  }

  DicomClient connect(Collection<ProposedContext> contexts) throws IOException {
    return DicomClient.connect(remote, callingAeTitle, contexts, ClientConfig.defaults());
  }
}
