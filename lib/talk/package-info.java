//SOURCES Attempt.java Background.java Batches.java Bytes.java Cleanup.java Confirmation.java Console.java Count.java
//SOURCES Failure.java Heartbeat.java Interruption.java OutputFile.java Printable.java PrintableSql.java PrivateFile.java
//SOURCES ProgressLine.java Report.java RunName.java ShellScript.java ShortCommand.java Sql.java Steps.java Workers.java
/** What a command says, how it ends, what it undoes and what it does beside: text and threads, but no server. */
package lib.talk;
