//SOURCES AfterLoad.java ArchiveLoad.java ArchiveScript.java Discard.java ExclusiveTarget.java ForeignKey.java
//SOURCES Grantees.java Grantors.java LoadMethod.java LoadSettings.java Loading.java OwnerScript.java
//SOURCES OwnersAndPrivileges.java Ownership.java PostData.java PostPlan.java PreData.java Rebuilding.java
//SOURCES RebuiltEarlier.java Repair.java RestoringScript.java SchemaSession.java SchemaWorkers.java
//SOURCES SearchPathTrial.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
