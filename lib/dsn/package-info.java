//SOURCES AddressSocketFactory.java ClientConninfo.java ClientKey.java ConnectionString.java ConnectionUri.java
//SOURCES DriverProperties.java DriverTls.java Dsn.java Endpoints.java Keyword.java Parameters.java PassFile.java
//SOURCES ServerAddress.java ServiceFile.java TlsSockets.java Wire.java
//SOURCES ../talk/package-info.java
/**
 * A connection string, read as libpq reads it, for the JDBC driver and for the client programs; and the sockets behind
 * it.
 */
package lib.dsn;
