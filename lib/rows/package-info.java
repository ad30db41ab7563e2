//SOURCES BatchTransfer.java Capacity.java CommittedParts.java CopiedRows.java Copier.java CopyBatch.java
//SOURCES CopyPlan.java CopyProgress.java EarlierParts.java LargeObjects.java LockedParts.java Parallelism.java
//SOURCES Part.java PartComparison.java RowMover.java RowSample.java RowStream.java StoredColumns.java
//SOURCES StreamedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
