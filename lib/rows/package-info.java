//SOURCES BatchTransfer.java BegunTable.java BroughtRows.java Capacity.java ColumnChanges.java CommittedParts.java
//SOURCES ComparisonSessions.java CopiedRows.java Copier.java CopyBatch.java CopyPlan.java CopyProgress.java
//SOURCES EarlierLargeObjects.java EarlierParts.java JoinedParts.java JoinedRows.java LargeObjects.java
//SOURCES LockedParts.java OfferedParts.java OutdatedParts.java PackedChunks.java Parallelism.java Part.java
//SOURCES PartComparison.java PartContents.java PartSurvey.java RowMover.java RowSample.java RowStream.java
//SOURCES SharedWork.java StoredColumns.java StreamedRows.java SurveyedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
