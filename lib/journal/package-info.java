//SOURCES ClientObjectRecorder.java DroppableObjects.java FinishedUnits.java Journal.java LateObjects.java
//SOURCES MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java PlannedObjects.java PriorMembership.java Removal.java RunIdentity.java TargetContents.java
//SOURCES Unit.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
