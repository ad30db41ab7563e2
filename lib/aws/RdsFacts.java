//DEPS software.amazon.awssdk:rds:2.34.0
package lib.aws;

import java.util.List;
import java.util.stream.Collectors;
import lib.talk.Failure;
import software.amazon.awssdk.services.rds.model.DBInstance;
import software.amazon.awssdk.services.rds.model.DbInstanceNotFoundException;

/**
 * What AWS says of an RDS instance.
 *
 * @param storage its allocated storage in GiB, which the database cannot outgrow
 * @param zone its availability zone
 * @param group the security group that guards it; of several, the first
 * @param name the database that was made with it, or null
 */
record RdsFacts(String id, String engine, String version, String status, String host, int port, String name,
        String user, int storage,
        String vpc, String zone, String group) {
    /**
     * Asks AWS.
     *
     * @throws Failure when there is no such instance, or it holds no PostgreSQL that can be reached
     */
    static RdsFacts of(Aws aws, String id) {
        DBInstance instance = find(aws, id);
        if (!instance.engine().contains("postgres")) {
            throw Failure.of("the RDS instance \"%s\" holds %s, not PostgreSQL", id, instance.engine())
                    .hint("name another --db-instance");
        }
        if (instance.endpoint() == null || instance.endpoint().address() == null) {
            throw Failure
                    .of("the RDS instance \"%s\" has no address yet; it is %s", id, instance.dbInstanceStatus())
                    .hint("wait for it: aws rds wait db-instance-available --db-instance-identifier %s", id);
        }
        if (instance.dbSubnetGroup() == null || instance.vpcSecurityGroups().isEmpty()) {
            throw Failure.of("the RDS instance \"%s\" is in no VPC with a security group", id)
                    .hint("put it into one, in the AWS console under RDS, Modify");
        }
        return new RdsFacts(id, instance.engine(), instance.engineVersion(), instance.dbInstanceStatus(),
                instance.endpoint().address(),
                instance.endpoint().port(), instance.dbName(), instance.masterUsername(), instance.allocatedStorage(),
                instance.dbSubnetGroup().vpcId(),
                instance.availabilityZone(), instance.vpcSecurityGroups().get(0).vpcSecurityGroupId());
    }

    private static DBInstance find(Aws aws, String id) {
        try {
            return aws.rds().describeDBInstances(request -> request.dbInstanceIdentifier(id)).dbInstances().get(0);
        } catch (DbInstanceNotFoundException e) {
            List<DBInstance> all = aws.rds().describeDBInstances().dbInstances();
            throw Failure.of("there is no RDS instance \"%s\" in region %s", id, aws.region()).because(e)
                    .hint(all.isEmpty() ? "the region has none; try another --region"
                            : "use --db-instance with one of: %s",
                            all.stream().map(DBInstance::dbInstanceIdentifier).sorted()
                                    .collect(Collectors.joining(", ")));
        }
    }
}
