//SOURCES ClientObjectRecorder.java DroppableObjects.java FinishedUnits.java Journal.java LateObjects.java
//SOURCES MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java PlannedObjects.java
//SOURCES PriorMembership.java Removal.java RunIdentity.java TargetContents.java Transaction.java Unit.java
//SOURCES UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
