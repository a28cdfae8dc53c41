/**
 * What an operator needs to know of a machine, an installation and a configuration before or when something
 * does not work: {@link nmsw.scp.doctor.Doctor} gathers facts, the other classes judge them. Each finding is
 * a {@link nmsw.scp.doctor.Check}. Called by the command line only.
 */
package nmsw.scp.doctor;
