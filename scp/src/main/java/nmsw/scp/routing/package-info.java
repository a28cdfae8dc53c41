/**
 * Which rule takes a series: the facts that rules look at, read from its objects, and the first rule that they meet.
 */
package nmsw.scp.routing;
