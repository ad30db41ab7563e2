//SOURCES ClientObjectRecorder.java FinishedUnits.java Journal.java LateObjects.java MadeSettings.java Memberships.java
//SOURCES PartRecord.java PartRecords.java PlannedObjects.java PriorMembership.java Removal.java RunIdentity.java TargetContents.java
//SOURCES Unit.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
