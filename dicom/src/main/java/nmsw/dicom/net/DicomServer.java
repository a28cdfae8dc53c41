package nmsw.dicom.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An AE that answers C-ECHO, C-STORE and storage commitment: one thread accepts connections, and each association has a thread
 * of its own. Connections that have not asked for an association yet take no seat of the configured number;
 * a few more than that number are served so that peers hear why they are rejected, and what comes on top is
 * closed at once.
 */
public final class DicomServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DicomServer.class);
  private static final int ABORT_SECONDS = 5;

  private volatile ServerConfig config;
  private final ServerHandlers handlers;
  private final Optional<CommitmentReporter> reporter;
  private final ServerSocket listener;
  private final Seats seats;
  private final Seats connections;
  private final MemoryBudget memory;
  private final ExecutorService threads;
  private final ScheduledExecutorService watches;
  private final Thread acceptor;
  private final Set<ServerAssociation> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong lastId = new AtomicLong();

  private DicomServer(ServerConfig config, ServerHandlers handlers, ServerSocket listener) {
    this.config = config;
    this.handlers = handlers;
    reporter =
        handlers.commitmentProvider().map(p -> new CommitmentReporter(p, config.reportRetries()));
    this.listener = listener;
    seats = new Seats(config.maxAssociations(), config.maxAssociationsPerPeer());
    connections =
        new Seats(
            config.maxAssociations() + config.waitingConnections(),
            config.maxAssociationsPerPeer() + config.waitingConnections() / 2);
    memory = new MemoryBudget(config.maxMemoryBytes());
    threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // As many as there are connections, and those that have just ended.
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> new Thread(work, "dicom-association"));
    watches = Watches.start();
    acceptor = new Thread(this::acceptConnections, "dicom-acceptor-" + listener.getLocalPort());
  }

  /** Takes objects, and nothing else. */
  public static DicomServer start(ServerConfig config, StoreHandler handler) throws IOException {
    return start(config, ServerHandlers.of(handler));
  }

  /**
   * Listens and serves until {@link #close()}.
   *
   * @throws IOException if the address can't be had
   */
  public static DicomServer start(ServerConfig config, ServerHandlers handlers) throws IOException {
    ServerSocket listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(config.bindAddress(), config.port()), 128);
    } catch (IOException e) {
      listener.close();
      throw new IOException(
          "can't listen on " + config.bindAddress() + ":" + config.port() + ": " + e.getMessage(), e);
    }
    DicomServer server = new DicomServer(config, handlers, listener);
    server.acceptor.start();
    LOG.info("DICOM server listens on {}", listener.getLocalSocketAddress());
    return server;
  }

  /**
   * Serves those that connect from now on otherwise; associations that stand go on as they began.
   *
   * @param next may differ in whom it lets in, what it takes from them, and in limits and times of associations
   * @throws IllegalArgumentException if address, port, memory, TLS or reports would change, which only a new server can
   */
  public void reconfigure(ServerConfig next) {
    ServerConfig now = config;
    boolean same =
        next.bindAddress().equals(now.bindAddress())
            && next.port() == now.port()
            && next.maxMemoryBytes() == now.maxMemoryBytes()
            && next.reportRetries().equals(now.reportRetries())
            && next.tls().isPresent() == now.tls().isPresent();
    if (!same) {
      throw new IllegalArgumentException("address, port, memory, TLS and reports stay as they were at the start");
    }
    seats.resize(next.maxAssociations(), next.maxAssociationsPerPeer());
    connections.resize(
        next.maxAssociations() + next.waitingConnections(),
        next.maxAssociationsPerPeer() + next.waitingConnections() / 2);
    config = next;
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Whether connections are accepted, by a thread that lives. */
  public boolean isListening() {
    return acceptor.isAlive() && !listener.isClosed();
  }

  private void acceptConnections() {
    while (!listener.isClosed()) {
      Socket socket;
      try {
        socket = listener.accept();
      } catch (IOException e) {
        if (!listener.isClosed()) {
          LOG.warn("no connection accepted: {}", e.getMessage());
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        continue;
      }
      serve(socket);
    }
  }

  /** Whatever is wrong with a connection, other peers do not wait for it. */
  private void serve(Socket socket) {
    try {
      accept(socket);
    } catch (RejectedExecutionException e) {
      LOG.info("connection not accepted: the server is closing");
    } catch (RuntimeException e) {
      LOG.error("connection not accepted for a fault of ours", e);
    } catch (IOException e) {
      LOG.warn("connection not accepted: {}", e.getMessage());
    }
  }

  private void accept(Socket socket) throws IOException {
    long id = lastId.incrementAndGet();
    InetSocketAddress peer = (InetSocketAddress) socket.getRemoteSocketAddress();
    if (!connections.tryTake(peer.getAddress())) {
      socket.close();
      LOG.warn("connection {} from {} closed at once: too many are open", id, peer.getAddress().getHostAddress());
      return;
    }
    try {
      ServerAssociation association = association(socket, id, peer);
      open.add(association);
      try {
        threads.execute(() -> serve(association, peer));
      } catch (RejectedExecutionException e) {
        open.remove(association);
        association.cut();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      connections.give(peer.getAddress());
      socket.close();
      throw e;
    }
  }

  private ServerAssociation association(Socket socket, long id, InetSocketAddress peer) throws IOException {
    ServerConfig config = this.config;
    Optional<SSLEngine> engine = config.tls().map(ServerTls::engine);
    Connection connection = new Connection(socket, engine, config.clock(), config.dataTimeout(), watches);
    Association association =
        Association.accept(
            connection, config.maxPduLength(), config.artimTimeout(), config.dataTimeout(), config.clock());
    return new ServerAssociation(association, config, handlers, reporter, seats, memory, id, peer);
  }

  private void serve(ServerAssociation served, InetSocketAddress peer) {
    try {
      served.run();
    } finally {
      served.cut();
      open.remove(served);
      connections.give(peer.getAddress());
    }
  }

  /** Stops listening, lets associations finish for the configured time, then aborts those that are left. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      LOG.warn("listener not closed: {}", e.getMessage());
    }
    threads.shutdown();
    boolean interrupted = !finish(config.closeTimeout().toMillis());
    if (!threads.isTerminated()) {
      open.forEach(ServerAssociation::requestAbort);
      interrupted |= !finish(TimeUnit.SECONDS.toMillis(ABORT_SECONDS));
    }
    open.forEach(ServerAssociation::cut);
    threads.shutdownNow();
    reporter.ifPresent(CommitmentReporter::close);
    watches.shutdownNow();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the associations; false if interrupted meanwhile. */
  private boolean finish(long millis) {
    try {
      threads.awaitTermination(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }
}
