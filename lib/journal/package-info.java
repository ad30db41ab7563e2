//SOURCES InTheWay.java Journal.java MadeSettings.java Memberships.java ProgramRecorder.java Removal.java Strangers.java
//SOURCES TakenMembership.java
//SOURCES ../catalog/package-info.java
/** What a run has begun and done, kept on the target, and undone from there. */
package lib.journal;
