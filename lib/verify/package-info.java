//SOURCES AnnouncedDifferences.java ArrivalCheck.java DifferenceTable.java DifferingViews.java HypertableRows.java
//SOURCES LargeObjectContents.java Omissions.java RefreshedView.java RefusedPrivileges.java RowComparison.java
//SOURCES RowResults.java SequenceValues.java StreamedComparison.java UnavoidableDifferences.java UndecidedRelation.java
//SOURCES Verification.java VerificationScript.java
//SOURCES ../settings/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
