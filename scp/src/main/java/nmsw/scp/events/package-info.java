/**
 * What happens in a node, told to whoever wants to know: {@link nmsw.scp.events.NodeListener}. Parts that do something
 * call it; metrics, pages, audit trail and watchdog listen, so that no part knows who watches it.
 */
package nmsw.scp.events;
