//SOURCES AnnouncedDifferences.java ArrivalCheck.java DifferenceTable.java DifferingViews.java
//SOURCES HypertableRows.java LargeObjectContents.java Omissions.java UnavoidableDifferences.java
//SOURCES RefreshedView.java RefusedPrivileges.java RowComparison.java RowResults.java SequenceValues.java
//SOURCES StreamedComparison.java UndecidedRelation.java Verification.java VerificationScript.java
//SOURCES ../settings/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
