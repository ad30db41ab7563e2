//SOURCES AnnouncedDifferences.java ArrivalCheck.java DatabaseComparison.java DifferenceTable.java
//SOURCES DifferingViews.java HypertableRows.java LargeObjectContents.java Omissions.java RefreshedView.java
//SOURCES RefusedPrivileges.java RowComparison.java RowResults.java SequenceValues.java
//SOURCES StreamedComparison.java UnavoidableDifferences.java UndecidedRelation.java Verification.java
//SOURCES VerificationScript.java
//SOURCES ../settings/package-info.java ../journal/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
