/**
 * The page and the API of a running node, over HTTP. {@link nmsw.scp.web.WebServer} is where it starts; what it shows
 * and does it asks of {@link nmsw.scp.web.Operations}, which {@code nmsw.scp.operations} implements, so that nothing
 * here knows of spool, queue or database. {@code Api} is the list of all paths, {@code ApiSchema} what they speak,
 * {@code Access} who may.
 */
package nmsw.scp.web;
