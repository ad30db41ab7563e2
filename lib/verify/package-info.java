//SOURCES ArrivalCheck.java DifferenceTable.java DifferingViews.java AnnouncedDifferences.java HypertableRows.java
//SOURCES LargeObjectContents.java LeftOut.java Permitted.java RefreshedView.java RowComparison.java SequenceValues.java
//SOURCES StreamedComparison.java UndecidedRelation.java Verification.java VerificationScript.java
//SOURCES ../settings/package-info.java ../compare/package-info.java
/** Whether the target holds what the source holds. */
package lib.verify;
