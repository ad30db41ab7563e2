//SOURCES AnnouncedDifferences.java ArrivalCheck.java DatabaseComparison.java DifferenceTable.java DifferingViews.java
//SOURCES HypertableRows.java LargeObjectContents.java Omissions.java RebuiltDifferences.java RefreshedView.java
//SOURCES RefusedPrivileges.java RowComparison.java RowResults.java SequenceValues.java StreamedComparison.java
//SOURCES UnavoidableDifferences.java UndecidedRelation.java Verification.java VerificationScript.java
//SOURCES ../settings/package-info.java ../journal/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
