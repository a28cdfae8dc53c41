package nmsw.scp.audit;

import java.io.IOException;

/** The way to an audit repository. Used by one thread; another may close it. */
public interface AuditTransport extends AutoCloseable {
  /**
   * Sends one syslog message; on return it is out of our hands, which is all that syslog tells.
   *
   * @throws IOException if it is not on its way
   */
  void send(byte[] message) throws IOException;

  /** What to call the repository in the log. */
  @Override
  String toString();

  @Override
  void close();
}
