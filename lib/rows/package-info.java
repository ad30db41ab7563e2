//SOURCES Capacity.java CommittedParts.java CopiedRows.java Copier.java CopyBatch.java CopyPlan.java
//SOURCES CopyProgress.java LargeObjects.java LockedParts.java Parallelism.java Part.java RowMover.java
//SOURCES RowSample.java RowStream.java StreamedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../source/package-info.java ../journal/package-info.java
/** Rows, from server to server. */
package lib.rows;
