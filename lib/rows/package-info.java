//SOURCES Capacity.java CommittedParts.java CopiedRows.java Copier.java CopyBatch.java CopyPlan.java
//SOURCES CopyProgress.java EarlierParts.java LargeObjects.java LockedParts.java Parallelism.java Part.java PartComparison.java RowMover.java
//SOURCES RowSample.java RowStream.java StreamedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
