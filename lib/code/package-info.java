//SOURCES FunctionText.java FunctionUse.java HeldTables.java HypertableReaders.java OwnerPowers.java OwnersCode.java
//SOURCES PlannedCode.java Turns.java WrittenFunction.java
//SOURCES ../catalog/package-info.java
/**
 * What a user has written that a server runs by itself: which functions that is, what they need, and with whose rights
 * they run.
 */
package lib.code;
