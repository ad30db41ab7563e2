//SOURCES ClientPackage.java ClientTools.java Compression.java DumpFormat.java NewerSettings.java
//SOURCES ProgramProcess.java RefusedStatement.java StatementSubject.java Tool.java ToolMessages.java
//SOURCES ../dsn/package-info.java
/** pg_dump, pg_restore and psql: found, run, and understood by what they print. */
package lib.tools;
