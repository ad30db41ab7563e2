//SOURCES ClientObjectRecorder.java CopiedRows.java DroppableObjects.java EarlierGrants.java FinishedUnits.java
//SOURCES JoinedMachine.java JoinedRun.java Joiners.java Journal.java LateObjects.java MadeSettings.java
//SOURCES Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java PassFigures.java PlannedObjects.java
//SOURCES PriorMembership.java PriorState.java Removal.java RunActivity.java RunIdentity.java RunStatus.java
//SOURCES SharedBatches.java StatusReport.java TargetContents.java Transaction.java UnfinishedRun.java Unit.java
//SOURCES UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
