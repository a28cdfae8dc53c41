/**
 * From the outbox to the destinations: {@link nmsw.scp.delivery.Outbox} keeps what is not delivered yet, durably;
 * {@link nmsw.scp.delivery.Deliverer} sends it, by C-STORE with storage commitment or by STOW-RS, each destination on a
 * thread of its own, until it is accepted. A series of which nothing waits is DONE.
 */
package nmsw.scp.delivery;
