//SOURCES FunctionText.java FunctionUse.java LockedTables.java HypertableReaders.java OwnerPowers.java OwnersCode.java
//SOURCES PlannedCode.java LoadOrder.java WrittenFunction.java
//SOURCES ../catalog/package-info.java
/**
 * What a user has written that a server runs by itself: which functions that is, what they need, and with whose rights
 * they run.
 */
package lib.code;
