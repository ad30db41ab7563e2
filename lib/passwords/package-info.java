//SOURCES PasswordAssignment.java PasswordChange.java PasswordCsv.java PasswordEntry.java
//SOURCES PasswordFile.java PasswordGenerator.java PasswordPrompt.java PasswordRoles.java
//SOURCES PasswordStore.java
//SOURCES ../roles/package-info.java
/** Passwords for roles that arrived without one. */
package lib.passwords;
