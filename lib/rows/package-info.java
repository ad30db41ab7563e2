//SOURCES CopiedRows.java Capacity.java Copier.java CopyPlan.java CopyProgress.java LockedParts.java CommittedParts.java
//SOURCES LargeObjects.java Parallelism.java Part.java RowMover.java RowSample.java RowStream.java CopyBatch.java
//SOURCES StreamedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../source/package-info.java ../journal/package-info.java
/** Rows, from server to server. */
package lib.rows;
