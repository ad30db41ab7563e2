//SOURCES ClientPackage.java ClientTools.java Compression.java DumpFormat.java NewerSettings.java RefusedStatement.java Tool.java
//SOURCES ToolMessages.java
//SOURCES ../dsn/package-info.java
/** pg_dump, pg_restore and psql: found, run, and understood by what they print. */
package lib.tools;
