package nmsw.scp.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.StoreResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "send",
    description = "Sends DICOM files to an application entity (C-STORE); what is not DICOM is left out and named.",
    mixinStandardHelpOptions = true)
final class SendCommand implements Callable<Integer> {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files, or folders that are searched for files.")
  private List<Path> paths;

  @Mixin private PeerOptions peer;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    List<Path> files = new ArrayList<>();
    Set<String> classes = new LinkedHashSet<>();
    Set<TransferSyntax> syntaxes = new LinkedHashSet<>(List.of(TransferSyntax.EXPLICIT_LE, TransferSyntax.IMPLICIT_LE));
    for (Path file : DicomFiles.under(paths)) {
      try {
        var header = DicomReader.readUntil(file, Tag.StudyDate);
        classes.add(header.dataset().requireString(Tag.SOPClassUID));
        syntaxes.add(header.transferSyntax());
        files.add(file);
      } catch (DicomException e) {
        err.println("left out " + file + ": " + e.getMessage());
      }
    }
    if (files.isEmpty()) {
      err.println("nmsw send: no DICOM file among the given paths");
      return ExitCode.REFUSED;
    }
    int failed = send(files, contexts(classes, syntaxes), err);
    out.printf("%d of %d objects stored by %s%n", files.size() - failed, files.size(), peer.remote());
    return failed == 0 ? ExitCode.DONE : ExitCode.PEER;
  }

  /** One context per SOP class and transfer syntax, so that the peer can take each as it is. */
  static List<ProposedContext> contexts(Set<String> classes, Set<TransferSyntax> syntaxes) {
    List<ProposedContext> contexts = new ArrayList<>();
    for (String sopClass : classes) {
      for (TransferSyntax syntax : syntaxes) {
        contexts.add(new ProposedContext(sopClass, List.of(syntax)));
      }
    }
    return contexts;
  }

  /**
   * An object that can't be sent, or that the peer refuses, holds up no other.
   *
   * @return number of objects that the peer does not have
   */
  private int send(List<Path> files, List<ProposedContext> contexts, PrintWriter err) throws IOException {
    int stored = 0;
    try (DicomClient client = peer.connect(contexts);
        Progress progress = new Progress("sending", files.size())) {
      boolean connected = true;
      for (int i = 0; connected && i < files.size(); i++) {
        StoreResult result = client.storeAll(files.subList(i, i + 1)).get(0);
        if (result.isStored()) {
          stored++;
        } else {
          result.status().ifPresent(status -> err.println(result.file() + ": " + status));
          result.failure().ifPresent(failure -> err.println(result.file() + ": " + failure.getMessage()));
          connected = result.failure().map(DicomClient::isOfObject).orElse(true);
        }
        progress.to(i + 1);
      }
    }
    return files.size() - stored;
  }
}
