//SOURCES InTheWay.java Journal.java MadeSettings.java Memberships.java Occupation.java ProgramRecorder.java
//SOURCES Removal.java Repair.java Strangers.java TakenMembership.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
