//SOURCES TargetContents.java Journal.java MadeSettings.java Memberships.java ProgramRecorder.java Removal.java UnrelatedObjects.java
//SOURCES PriorMembership.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
