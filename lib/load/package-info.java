//SOURCES ArchiveScript.java Delivery.java Finishing.java ForeignKey.java GivenRights.java Grantees.java Grantors.java
//SOURCES LoadSettings.java Loading.java Occupation.java OwnerScript.java Ownership.java PostData.java PostPlan.java
//SOURCES PreData.java Rehearsal.java Repair.java RestoringScript.java SchemaSession.java SchemaWorkers.java
//SOURCES StepwiseDelivery.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
