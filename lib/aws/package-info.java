//SOURCES Aws.java AwsErrors.java AwsOptions.java Ec2Down.java Ec2Images.java Ec2Key.java Ec2Options.java Ec2Plan.java
//SOURCES Ec2Planner.java Ec2Resources.java Ec2RunOptions.java Ec2Script.java Ec2State.java Ec2Up.java Ec2Wait.java
//SOURCES PublicAddress.java RdsFacts.java WorkFolder.java
//SOURCES ../talk/package-info.java
/** An EC2 machine beside an RDS instance: planned, made, removed. */
package lib.aws;
