/**
 * The objects of every series, on disk: the truth. An object is acknowledged when it would survive a power loss, the
 * same object again changes nothing, and no more is taken than disk and quotas have room for (A700).
 */
package nmsw.scp.spool;
