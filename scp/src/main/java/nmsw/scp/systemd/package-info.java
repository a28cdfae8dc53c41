/**
 * What a node tells systemd: that it is ready, reloads, stops, and that it is alive. Begin with {@link
 * nmsw.scp.systemd.ServiceManager}; called by the command line only. The protocol is that of sd_notify(3) and
 * sd_watchdog_enabled(3); without a service manager nothing is sent.
 */
package nmsw.scp.systemd;
