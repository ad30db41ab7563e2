//SOURCES Archive.java CopyTypes.java DatabaseSettings.java Dependents.java EntrySql.java Extensions.java Filters.java
//SOURCES Grants.java Money.java NamePattern.java ObjectKind.java OthersComments.java OwnedObjects.java UnownedObjects.java
//SOURCES AddedMembers.java QueryScript.java ReservedSchemas.java Selection.java SelfReferences.java UnrelatedObject.java
//SOURCES SystemOwners.java TimescaleFeatures.java
//SOURCES ../tools/package-info.java ../roles/package-info.java ../timescale/package-info.java
/** What the objects of a database are, by the system catalogs: named, selected, owned, dependent on each other. */
package lib.catalog;
