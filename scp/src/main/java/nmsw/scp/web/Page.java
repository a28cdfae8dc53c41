package nmsw.scp.web;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** The pages' own files, and NiiVue, which shows images, from the class path: those named here and no others. */
final class Page {
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSS = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final String VIEWER = "niivue.js";

  private static final Map<String, String> TYPES =
      Map.of(
          "index.html", HTML,
          "style.css", CSS,
          "api.js", SCRIPT,
          "list.js", SCRIPT,
          "review.html", HTML,
          "review.js", SCRIPT,
          "trends.js", SCRIPT,
          VIEWER, SCRIPT);

  private Page() {}

  static boolean isPath(String path) {
    return path.equals("/") || TYPES.containsKey(path.substring(1));
  }

  /** Answers with the file of the request's path. */
  static void serve(Context context) throws IOException {
    String name = context.path().equals("/") ? "index.html" : context.path().substring(1);
    String type = TYPES.get(name);
    String resource = name.equals(VIEWER) ? "niivue/index.js" : "page/" + name;
    InputStream file = type == null ? null : Page.class.getResourceAsStream(resource);
    if (file == null) {
      throw new HttpProblem(HttpStatus.NOT_FOUND, "there is no " + context.path());
    }
    context.contentType(type).header("Cache-Control", "no-cache").result(file);
  }
}
