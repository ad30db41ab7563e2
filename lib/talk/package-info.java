//SOURCES Attempt.java Background.java Batches.java Bytes.java Cleanup.java Confirmation.java Console.java
//SOURCES Count.java Failure.java Heartbeat.java OutputFile.java PrivateFile.java ProgressLine.java Report.java
//SOURCES RunName.java ShellScript.java ShortCommand.java Printable.java PrintableSql.java Sql.java Steps.java Workers.java
/** What a command says, how it ends, what it undoes and what it does beside: text and threads, but no server. */
package lib.talk;
