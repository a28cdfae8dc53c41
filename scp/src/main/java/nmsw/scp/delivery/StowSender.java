package nmsw.scp.delivery;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.config.HttpAuthorization;

/**
 * Sends the objects of results by STOW-RS (PS3.18 §10.5), one in a request, so that each has an answer of its own. A file
 * is sent as it stands and never held in memory. Redirections are not followed: they would lead the secret, and the patient's
 * data, where nobody has configured it.
 */
final class StowSender implements Deliverer.Sender {
  /** In bytes; one object's answer is some hundred. */
  static final int MAX_RESPONSE = 1 << 20;

  /** In bytes a second: who takes less has so much longer to answer, and no more. */
  private static final long SLOWEST = 1 << 20;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final URI service;
  private final Optional<HttpAuthorization> authorization;
  private final Optional<TlsCredentials> credentials;
  private final Duration connectTimeout;
  private final Duration responseTimeout;
  private SSLContext context;
  private HttpClient client;

  /**
   * @param service the address of the Studies Service, {@code .../studies}
   * @param credentials for TLS; the system's authorities are trusted without
   * @param responseTimeout for the answer to one object, with a second more for each MiB of it
   */
  StowSender(
      URI service,
      Optional<HttpAuthorization> authorization,
      Optional<TlsCredentials> credentials,
      Duration connectTimeout,
      Duration responseTimeout) {
    this.service = service;
    this.authorization = authorization;
    this.credentials = credentials;
    this.connectTimeout = connectTimeout;
    this.responseTimeout = responseTimeout;
  }

  /** A client keeps its connections; another is made when the material for TLS was replaced. */
  private HttpClient client() {
    Optional<SSLContext> now = credentials.map(TlsCredentials::context);
    if (client == null || now.isPresent() && now.get() != context) {
      HttpClient.Builder builder =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(connectTimeout);
      now.ifPresent(tls -> builder.sslContext(tls).sslParameters(TlsCredentials.parameters()));
      context = now.orElse(null);
      client = builder.build();
    }
    return client;
  }

  @Override
  public Deliverer.Delivery open() throws IOException {
    HttpClient http = client();
    Optional<String> header = authorization.isPresent() ? Optional.of(authorization.get().header()) : Optional.empty();
    return new Deliverer.Delivery() {
      @Override
      public Status store(Path file) throws IOException {
        return StowSender.this.store(http, header, file);
      }

      @Override
      public Status requestCommitment(String transactionUid, List<SopReference> objects) throws IOException {
        throw new DicomException(service + " is not asked for storage commitment: that is DIMSE's");
      }

      @Override
      public Optional<CommitmentReport> awaitCommitment(Duration patience) {
        return Optional.empty();
      }

      @Override
      public void close() {
        // The client closes connections that are not used any more.
      }
    };
  }

  private Status store(HttpClient http, Optional<String> authorizationHeader, Path file) throws IOException {
    String sopInstanceUid =
        DicomReader.readUntil(file, Tag.StudyDate).dataset().requireString(Tag.SOPInstanceUID);
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    String boundary = HexFormat.of().formatHex(random);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(service)
            .header("Accept", "application/dicom+json")
            .header("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=" + boundary)
            .POST(body(boundary, file));
    authorizationHeader.ifPresent(value -> request.header("Authorization", value));
    CompletableFuture<HttpResponse<byte[]>> exchange =
        http.sendAsync(request.build(), head -> new BoundedBody(MAX_RESPONSE));
    HttpResponse<byte[]> response = await(exchange, responseTimeout.plusSeconds(Files.size(file) / SLOWEST));
    return StowResponse.of(response.statusCode(), response.body(), sopInstanceUid);
  }

  private static BodyPublisher body(String boundary, Path file) throws IOException {
    return BodyPublishers.concat(
        BodyPublishers.ofString("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n"),
        BodyPublishers.ofFile(file),
        BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
  }

  private static <T> T await(CompletableFuture<T> exchange, Duration limit) throws IOException {
    try {
      return exchange.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw new IOException("no answer within " + limit.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the node stops");
    } catch (ExecutionException e) {
      throw inWords(e.getCause());
    }
  }

  /** Without a connection no object is at fault. */
  private static IOException inWords(Throwable cause) {
    if (cause instanceof HttpConnectTimeoutException) {
      return new DestinationUnavailable("no connection in time", cause);
    }
    if (cause instanceof ConnectException) {
      // It often has no message.
      return new DestinationUnavailable("no connection: " + root(cause), cause);
    }
    if (cause instanceof SSLException) {
      return new DestinationUnavailable("no TLS connection: " + root(cause), cause);
    }
    return new IOException("the exchange failed: " + root(cause), cause);
  }

  private static String root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  @Override
  public String toString() {
    return service.toString();
  }
}
