//SOURCES ClientObjectRecorder.java CopiedRows.java DroppableObjects.java EarlierGrants.java FinishedUnits.java
//SOURCES Journal.java LateObjects.java MadeSettings.java Memberships.java OutdatedUnits.java PartRecord.java
//SOURCES PartRecords.java PassFigures.java PlannedObjects.java PriorMembership.java PriorState.java Removal.java
//SOURCES RunActivity.java RunIdentity.java RunStatus.java StatusReport.java TargetContents.java Transaction.java
//SOURCES Unit.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
