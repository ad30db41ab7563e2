//SOURCES BatchTransfer.java BegunTable.java BroughtRows.java Capacity.java CommittedParts.java
//SOURCES ComparisonSessions.java CopiedRows.java Copier.java CopyBatch.java CopyPlan.java CopyProgress.java
//SOURCES EarlierParts.java LargeObjects.java LockedParts.java OutdatedParts.java Parallelism.java Part.java
//SOURCES PartComparison.java PartContents.java PartSurvey.java RowMover.java RowSample.java RowStream.java
//SOURCES StoredColumns.java StreamedRows.java SurveyedRows.java TableRanges.java Throttle.java
//SOURCES ../settings/package-info.java ../journal/package-info.java
//SOURCES ../compare/package-info.java
/** Rows, from server to server. */
package lib.rows;
