//SOURCES Aggregate.java AggregateCode.java CatalogState.java Chunk.java Compressing.java CompressionReader.java
//SOURCES CompressionSettings.java Dimension.java Hypertable.java HypertableMaker.java Making.java Rebuild.java
//SOURCES RebuildReader.java TargetApi.java UnsupportedFeatures.java
//SOURCES ../timescale/package-info.java
/** What TimescaleDB manages, read on the source and made anew on the target through the extension's own functions. */
package lib.rebuild;
