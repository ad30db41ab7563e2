//SOURCES PasswordChange.java PasswordCsv.java PasswordEntry.java PasswordFile.java PasswordGenerator.java
//SOURCES PasswordPrompt.java PasswordRoles.java PasswordStore.java
//SOURCES ../roles/package-info.java
/** Passwords for roles that arrived without one. */
package lib.passwords;
