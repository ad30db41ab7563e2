//SOURCES AddressSocketFactory.java ClientConninfo.java ClientKey.java ConnectionString.java ConnectionUri.java
//SOURCES DriverProperties.java DriverTls.java Dsn.java Endpoints.java ConnectionParameter.java ConnectionParameters.java PassFile.java
//SOURCES ServerAddress.java ServiceFile.java TlsSockets.java SideSockets.java
//SOURCES ../talk/package-info.java
/**
 * A connection string, read as libpq reads it, for the JDBC driver and for the client programs; and the sockets behind
 * it.
 */
package lib.dsn;
