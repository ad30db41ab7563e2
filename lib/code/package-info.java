//SOURCES FunctionText.java FunctionUse.java HypertableReaders.java LoadOrder.java LockedTables.java
//SOURCES OwnerPowers.java OwnersCode.java PlannedCode.java WrittenFunction.java
//SOURCES ../catalog/package-info.java
/**
 * User code that a server runs by itself: which functions that is, what they need, and with whose rights they run.
 */
package lib.code;
