/**
 * From the association to a series that is READY: {@link nmsw.scp.receive.StoreService} answers C-STORE once the object
 * is in the spool, {@link nmsw.scp.receive.SeriesAssembler} decides when a series is complete, and opens it again for
 * late objects.
 */
package nmsw.scp.receive;
