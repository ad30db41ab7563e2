//SOURCES ChunkReads.java DataNode.java DataNodeOption.java DataNodes.java NodeWrites.java ReferenceTables.java
//SOURCES ../timescale/package-info.java
/** The data nodes of a multi-node source: found, reached, and which chunk is read where. */
package lib.nodes;
