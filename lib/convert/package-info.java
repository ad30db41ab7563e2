//SOURCES Change.java ColumnStatistics.java Conversion.java ConversionCheck.java ConversionReader.java
//SOURCES ConversionTarget.java Conversions.java Density.java FileNode.java ForeignKeyObstacles.java
//SOURCES HypertablePlan.java IndexDefinition.java Indexes.java KeyObstacles.java Obstacle.java Obstacles.java
//SOURCES OtherObstacles.java PartitionObstacles.java PlanMaker.java Proposal.java ProposedTable.java SourceTable.java
//SOURCES SourceTables.java Span.java Subject.java TableCheck.java TableName.java TimeType.java TimeValues.java
//SOURCES Treatment.java YamlText.java
//SOURCES ../catalog/package-info.java
/** Which plain tables become hypertables, how, and what becomes of their constraints. */
package lib.convert;
