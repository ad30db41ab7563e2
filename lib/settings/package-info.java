//SOURCES ComputingSessions.java DriverSettings.java
//SOURCES ../server/package-info.java ../tools/package-info.java
/**
 * The settings under which values are computed: those that a psql session of the user has in the target's database.
 */
package lib.settings;
