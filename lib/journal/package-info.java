//SOURCES ClientObjectRecorder.java CopiedRows.java DroppableObjects.java FinishedUnits.java Journal.java
//SOURCES LateObjects.java MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java
//SOURCES PassFigures.java PlannedObjects.java PriorMembership.java PriorState.java Removal.java RunActivity.java
//SOURCES RunIdentity.java RunStatus.java StatusReport.java TargetContents.java Transaction.java Unit.java
//SOURCES UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
