//SOURCES ClientObjectRecorder.java CopiedRows.java DroppableObjects.java EarlierGrants.java FinishedUnits.java
//SOURCES JoinedMachine.java JoinedRun.java Joiners.java Journal.java LateObjects.java MadeExtensions.java
//SOURCES MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java PartRecords.java PassFigures.java
//SOURCES PlannedObjects.java PriorMembership.java PriorState.java Removal.java RunActivity.java RunIdentity.java
//SOURCES RunStatus.java SharedBatches.java StatusReport.java TargetContents.java Transaction.java UnfinishedRun.java
//SOURCES Unit.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
//SOURCES ../rebuild/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
