package nmsw.scp.web;

import io.javalin.http.HttpStatus;

/** A request that is not done; the message says why, for people. */
final class HttpProblem extends RuntimeException {
  private final HttpStatus status;

  HttpProblem(HttpStatus status, String message) {
    super(message);
    this.status = status;
  }

  HttpStatus status() {
    return status;
  }
}
