//SOURCES Administrators.java ChunkFacts.java DatabaseFacts.java Difference.java Expressions.java FactComparison.java
//SOURCES FactProperties.java FactQuery.java FactStream.java FactTemplate.java HypertableFacts.java JobFacts.java
//SOURCES RelationFacts.java RoleFacts.java RoutineFacts.java TableFacts.java TimescaleNames.java TimescaleState.java
//SOURCES TypeFacts.java
//SOURCES ../source/package-info.java
/** What the catalogs know of each object, asked on both sides alike and compared. */
package lib.facts;
