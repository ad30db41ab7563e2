//SOURCES Journal.java MadeSettings.java Memberships.java PriorMembership.java ClientObjectRecorder.java
//SOURCES Removal.java TargetContents.java UnrelatedObjects.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
