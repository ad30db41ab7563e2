//SOURCES AddressSocketFactory.java ClientConninfo.java ClientKey.java ConnectionParameter.java
//SOURCES ConnectionParameters.java ConnectionString.java ConnectionUri.java DriverProperties.java
//SOURCES DriverTls.java Dsn.java Endpoints.java GivenUpException.java LostConnections.java PassFile.java
//SOURCES ServerAddress.java ServiceFile.java SideSockets.java TlsSockets.java ToolEnvironment.java
//SOURCES ../talk/package-info.java
/**
 * A connection string, read as libpq reads it, for the JDBC driver and for the client programs; and the sockets behind
 * it.
 */
package lib.dsn;
