package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import nmsw.volume.LabelClass;

/**
 * A data set as one page of HTML that needs nothing else: no script, no file, no network. It says nothing that the data set
 * itself does not say: studies that were left out appear under their pseudonyms, and what may hold local names (paths,
 * labels) is left to the terminal, unless names are kept.
 */
final class ImportReport {
  /** More would make a page of a hundred megabytes. */
  private static final int MAX_PREVIEWS = 300;

  private static final int MAX_OPEN_CLASSES = 30;

  private static final String STYLE =
      """
      body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; color: #1c2024; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
      table { border-collapse: collapse; margin: .6rem 0; }
      th, td { border: 1px solid #d5d9de; padding: .3rem .6rem; text-align: left; vertical-align: top; }
      th { background: #f1f3f5; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
      .case { border: 1px solid #d5d9de; border-radius: 6px; margin: 1rem 0; padding: .7rem; display: flex; gap: 1rem;
        flex-wrap: wrap; break-inside: avoid; }
      .case img { background: #101216; border-radius: 4px; max-width: 100%; align-self: flex-start; }
      .case div { flex: 1 1 20rem; min-width: 0; overflow-wrap: anywhere; }
      .case h3 { margin: 0 0 .3rem; font: 600 1rem ui-monospace, monospace; }
      .case p { margin: .2rem 0; } .volumes { column-width: 15rem; margin: .4rem 0; padding: 0; list-style: none; }
      .finding { color: #8a4b00; } .warning { background: #fff4e0; border-left: 4px solid #d98200; padding: .5rem .8rem; }
      code { font-family: ui-monospace, monospace; }
      """;

  private final DataSetFolder folder;
  private final StudyImport.Outcome outcome;
  private final boolean namesKept;
  private final StringBuilder html = new StringBuilder();

  private ImportReport(DataSetFolder folder, StudyImport.Outcome outcome, boolean namesKept) {
    this.folder = folder;
    this.outcome = outcome;
    this.namesKept = namesKept;
  }

  /**
   * Writes the page of the whole data set, and of what the last import left out.
   *
   * @param namesKept whether the page may show the source's names
   */
  static void write(Path file, DataSetFolder folder, StudyImport.Outcome outcome, boolean namesKept)
      throws IOException {
    String page = new ImportReport(folder, outcome, namesKept).page();
    DurableFile.write(file, temporary -> Files.writeString(temporary, page));
  }

  private String page() throws IOException {
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <meta name="viewport" content="width=device-width">
        <title>Data set, %d cases</title>
        <style>
        %s</style></head><body>
        <h1>Data set</h1>
        <p>Cases: %d, patients: %d</p>
        """
            .formatted(folder.rows().size(), STYLE, folder.rows().size(), patients(folder.rows())));
    parts();
    refused();
    classes();
    cases();
    html.append("</body></html>\n");
    return html.toString();
  }

  private static int patients(List<CaseRow> rows) {
    Set<String> patients = new HashSet<>();
    rows.forEach(row -> patients.add(row.patient()));
    return patients.size();
  }

  private List<CaseRow> rows(Part part) {
    return folder.rows().stream().filter(row -> row.part() == part).toList();
  }

  private void parts() {
    html.append("<table><tr><th>part<th>expected<th>patients<th>cases<th>with findings</tr>\n");
    for (Part part : Part.values()) {
      List<CaseRow> rows = rows(part);
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s<td class=n>%.0f %%<td class=n>%d<td class=n>%d<td class=n>%d</tr>%n",
              part.text(),
              100 * folder.fractions().get(part.ordinal()),
              patients(rows),
              rows.size(),
              rows.stream().filter(row -> !row.findings().isEmpty()).count()));
    }
    html.append("</table>\n");
    for (Part part : Part.values()) {
      if (rows(part).isEmpty() && folder.fractions().get(part.ordinal()) > 0) {
        html.append("<p class=warning>No case is in the part ").append(part.text()).append(": ");
        html.append("the part of a patient is drawn at random, and few patients may leave one empty.</p>\n");
      }
    }
  }

  private void classes() {
    boolean few = folder.table().classes().size() <= MAX_OPEN_CLASSES;
    html.append("<h2>Classes</h2>\n<details").append(few ? " open" : "").append("><summary>");
    html.append(folder.table().classes().size()).append(" classes</summary>\n<table><tr><th>class<th>annotated in<th>found in<th>mean volume, ml");
    for (Part part : Part.values()) {
      html.append("<th>found in ").append(part.text());
    }
    html.append("</tr>\n");
    for (LabelClass c : folder.table().classes()) {
      List<Double> volumes = new ArrayList<>();
      for (CaseRow row : folder.rows()) {
        if (holds(row, c)) {
          volumes.add(row.millilitres().get(c.index()));
        }
      }
      long annotated = folder.rows().stream().filter(row -> row.isAnnotated(c.index())).count();
      OptionalDouble mean = volumes.stream().mapToDouble(v -> v).average();
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s<td class=n>%d<td class=n>%d<td class=n>%s",
              escaped(c.label()),
              annotated,
              volumes.size(),
              mean.isPresent() ? String.format(Locale.ROOT, "%.1f", mean.getAsDouble()) : "-"));
      for (Part part : Part.values()) {
        html.append("<td class=n>").append(rows(part).stream().filter(row -> holds(row, c)).count());
      }
      html.append("</tr>\n");
    }
    html.append("</table></details>\n");
  }

  private static boolean holds(CaseRow row, LabelClass c) {
    return row.millilitres().getOrDefault(c.index(), 0.0) > 0;
  }

  private void refused() {
    html.append("<h2>Left out by the last import: ").append(outcome.refused().size()).append("</h2>\n");
    if (outcome.refused().isEmpty()) {
      html.append("<p>Nothing.</p>\n");
      return;
    }
    Map<String, List<StudyImport.Refused>> byCode =
        outcome.refused().stream()
            .collect(Collectors.groupingBy(StudyImport.Refused::code, TreeMap::new, Collectors.toList()));
    html.append("<table><tr><th>why<th>what to do<th>studies</tr>\n");
    for (Map.Entry<String, List<StudyImport.Refused>> code : byCode.entrySet()) {
      html.append("<tr><td><code>").append(escaped(code.getKey())).append("</code><td>");
      html.append(escaped(code.getValue().get(0).advice())).append("<td>");
      html.append(code.getValue().stream().map(this::named).collect(Collectors.joining("<br>"))).append("</tr>\n");
    }
    html.append("</table>\n");
    if (!namesKept) {
      html.append("<p>Which files these are was printed by the import, which tries them again each time.</p>\n");
    }
  }

  private String named(StudyImport.Refused refused) {
    if (namesKept) {
      return escaped(LocalNames.printable(refused.name()) + ": " + LocalNames.printable(refused.text()));
    }
    return refused.caseName().isEmpty() ? "(no name)" : "<code>" + escaped(refused.caseName()) + "</code>";
  }

  private void cases() throws IOException {
    List<CaseRow> rows = new ArrayList<>(folder.rows());
    rows.sort(
        Comparator.comparing((CaseRow row) -> row.findings().isEmpty())
            .thenComparing(CaseRow::part)
            .thenComparing(CaseRow::name));
    html.append("<h2>Cases, those with findings first</h2>\n");
    if (rows.size() > MAX_PREVIEWS) {
      html.append("<p class=warning>Pictures of the first %d; all are in previews/.</p>%n".formatted(MAX_PREVIEWS));
    }
    for (int i = 0; i < rows.size(); i++) {
      oneCase(rows.get(i), i < MAX_PREVIEWS);
    }
  }

  private void oneCase(CaseRow row, boolean withPicture) throws IOException {
    html.append("<section class=case>");
    Path picture = folder.preview(row.name());
    if (withPicture && Files.exists(picture)) {
      html.append("<img alt=\"slices with labels\" src=\"data:image/png;base64,");
      html.append(Base64.getEncoder().encodeToString(Files.readAllBytes(picture))).append("\">");
    }
    html.append("<div><h3>").append(escaped(row.name())).append("</h3>\n<p>").append(row.part().text());
    html.append(", <code>").append(escaped(row.patient())).append("</code></p>\n<p>");
    html.append(row.size().stream().map(String::valueOf).collect(Collectors.joining(" &times; "))).append(" voxels of ");
    html.append(
        row.spacing().stream()
            .map(mm -> String.format(Locale.ROOT, "%.2f", mm))
            .collect(Collectors.joining(" &times; ")));
    html.append(" mm</p>\n");
    for (String finding : row.findings()) {
      html.append("<p class=finding>").append(escaped(finding)).append("</p>\n");
    }
    html.append("<ul class=volumes>");
    for (LabelClass c : folder.table().classes()) {
      if (holds(row, c)) {
        html.append(
            String.format(
                Locale.ROOT, "<li>%s %.1f ml</li>", escaped(c.label()), row.millilitres().get(c.index())));
      }
    }
    html.append("</ul></div></section>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
