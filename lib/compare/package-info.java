//SOURCES Checksums.java ComparedRows.java ComparedTable.java LargeObjectHashes.java RowQueries.java RowSum.java
//SOURCES RowTally.java SampleKey.java StreamedSum.java
//SOURCES ../facts/package-info.java
/** Checksums and counts of a table, or of a sample of one, on one side. */
package lib.compare;
