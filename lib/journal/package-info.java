//SOURCES ClientObjectRecorder.java Journal.java MadeSettings.java Memberships.java PriorMembership.java Removal.java
//SOURCES TargetContents.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
