//SOURCES AddedMembers.java Archive.java CopyTypes.java DatabaseSettings.java Dependents.java EntrySql.java
//SOURCES Extensions.java Filters.java Grants.java Money.java NamePattern.java ObjectKind.java
//SOURCES OthersComments.java OwnedObjects.java QueryScript.java ReservedSchemas.java Selection.java
//SOURCES SelfReferences.java SystemOwners.java UnownedObjects.java
//SOURCES UnrelatedObject.java MigrationOptions.java
//SOURCES ../tools/package-info.java ../roles/package-info.java ../timescale/package-info.java
/** What the objects of a database are, by the system catalogs: named, selected, owned, dependent on each other. */
package lib.catalog;
