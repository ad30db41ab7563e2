//SOURCES Administrators.java DatabaseFacts.java Difference.java Expressions.java FactComparison.java
//SOURCES FactIdentity.java FactKind.java
//SOURCES FactProperties.java FactStream.java FactTemplate.java RelationFacts.java RoleFacts.java
//SOURCES RoutineFacts.java TableFacts.java TimescaleState.java TypeFacts.java
//SOURCES ../source/package-info.java
/** What the catalogs know of each object, asked on both sides alike and compared. */
package lib.facts;
