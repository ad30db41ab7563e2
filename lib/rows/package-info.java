//SOURCES BatchTransfer.java BroughtRows.java Capacity.java CommittedParts.java CopiedRows.java Copier.java
//SOURCES CopyBatch.java CopyPlan.java CopyProgress.java EarlierParts.java LargeObjects.java LockedParts.java
//SOURCES Parallelism.java Part.java PartComparison.java RowMover.java RowSample.java RowStream.java
//SOURCES StoredColumns.java StreamedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
