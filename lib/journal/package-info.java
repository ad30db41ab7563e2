//SOURCES ClientObjectRecorder.java CopiedRows.java DroppableObjects.java FinishedUnits.java Journal.java
//SOURCES LateObjects.java MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java
//SOURCES PassFigures.java PlannedObjects.java PriorMembership.java Removal.java RunActivity.java RunIdentity.java
//SOURCES RunStatus.java StatusReport.java TargetContents.java Transaction.java Unit.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
