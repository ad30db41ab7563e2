//SOURCES RemoteHelpers.java RemoteHost.java RemoteOutput.java RemoteRun.java RemoteScripts.java Ssh.java Toolkit.java
//SOURCES Tunnel.java
//SOURCES ../tools/package-info.java
/** A migration that runs on another machine. */
package lib.ssh;
