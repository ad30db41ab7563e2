//SOURCES AnnouncedDifferences.java ArrivalCheck.java DifferenceTable.java DifferingViews.java
//SOURCES HypertableRows.java LargeObjectContents.java LeftOut.java Permitted.java RefreshedView.java
//SOURCES RowComparison.java SequenceValues.java StreamedComparison.java UndecidedRelation.java
//SOURCES Verification.java VerificationScript.java
//SOURCES ../settings/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
