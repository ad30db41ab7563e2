//SOURCES ArchiveScript.java Delivery.java Finishing.java ForeignKey.java GivenRights.java Grantees.java Grantors.java
//SOURCES LoadSettings.java Loading.java OwnerScript.java Ownership.java PostData.java PostPlan.java PreData.java
//SOURCES Rehearsal.java RestoringScript.java SchemaSession.java SchemaWorkers.java StepwiseDelivery.java
//SOURCES ../rows/package-info.java
/** Objects on the target, in the order that is safe. */
package lib.load;
