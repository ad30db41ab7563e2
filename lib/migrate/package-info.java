//SOURCES FirstPass.java Joining.java Migration.java MigrationLoad.java MigrationOrder.java MigrationScript.java
//SOURCES ../dump/package-info.java
/** The whole move. */
package lib.migrate;
