//SOURCES BatchTransfer.java BegunTable.java BroughtRows.java Capacity.java CommittedParts.java
//SOURCES ComparisonSessions.java CopiedRows.java Copier.java CopyBatch.java CopyPlan.java CopyProgress.java
//SOURCES EarlierLargeObjects.java EarlierParts.java LargeObjects.java LockedParts.java OutdatedParts.java
//SOURCES Parallelism.java Part.java PartComparison.java PartContents.java PartSurvey.java RowMover.java
//SOURCES RowSample.java RowStream.java StoredColumns.java StreamedRows.java SurveyedRows.java TableRanges.java
//SOURCES Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
