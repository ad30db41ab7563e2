//SOURCES Announcement.java FirstPass.java Joining.java Migration.java MigrationLoad.java MigrationOrder.java
//SOURCES MigrationScript.java
//SOURCES ../dump/package-info.java
/** The whole move. */
package lib.migrate;
