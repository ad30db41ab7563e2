//SOURCES AddedMembers.java Archive.java CopyTypes.java DatabaseSettings.java Dependents.java EntrySql.java
//SOURCES Extensions.java Filters.java Grants.java MigrationOptions.java Money.java NamePattern.java
//SOURCES ObjectKind.java OthersComments.java OwnedObjects.java QueryScript.java ReservedSchemas.java
//SOURCES Selection.java SelfReferences.java SystemOwners.java UnownedObjects.java UnrelatedObject.java
//SOURCES ../tools/package-info.java ../roles/package-info.java
/** What the objects of a database are, by the system catalogs: named, selected, owned, dependent on each other. */
package lib.catalog;
