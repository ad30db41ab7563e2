//SOURCES Administrators.java ChunkFacts.java DatabaseFacts.java Difference.java Expressions.java
//SOURCES FactComparison.java FactProperties.java FactQuery.java FactStream.java FactTemplate.java
//SOURCES HypertableFacts.java JobFacts.java RelationFacts.java RoleFacts.java RoutineFacts.java
//SOURCES TableFacts.java TimescaleNames.java TimescaleState.java TypeFacts.java
//SOURCES ../source/package-info.java
/** What the catalogs know of each object, asked on both sides alike and compared. */
package lib.facts;
