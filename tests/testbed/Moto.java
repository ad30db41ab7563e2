//DEPS software.amazon.awssdk:ec2:2.34.0
//DEPS software.amazon.awssdk:rds:2.34.0

package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.aws.Aws;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;

/**
 * moto_server, which answers the calls of EC2 and RDS with a memory of its own, in the Debian root folder on a loopback
 * port. It knows three images of Canonical's, and Ubuntu 24.04 is the newest release. It goes with this JVM.
 */
public final class Moto implements AutoCloseable {
    public static final String REGION = "us-east-1";

    /** It ends with its input, which the kernel closes whichever way the JVM ends. */
    private static final String SCRIPT = """
            trap '' INT TERM HUP
            "$@" >/dev/null 2>&1 &
            while read -r line; do :; done
            kill $!
            wait
            """;
    private static final String IMAGE =
            """
            {"ami_id": "%s", "name": "ubuntu/images/hvm-ssd%s", "architecture": "%s", "creation_date": "%s", \
            "owner_id": "099720109477",
             "state": "available", "public": true, "root_device_type": "ebs", "root_device_name": "/dev/sda1", \
            "virtualization_type": "hvm",
             "hypervisor": "xen", "image_location": "x", "image_type": "machine", "description": "x", "sriov": \
            "simple"}""";
    private static final List<String> CREDENTIALS = List.of("aws.accessKeyId", "aws.secretAccessKey");

    /** The credentials and the region as variables, for another process. */
    public static final Map<String, String> ENVIRONMENT =
            Map.of("AWS_ACCESS_KEY_ID", "testing", "AWS_SECRET_ACCESS_KEY", "testing", "AWS_REGION", REGION);

    private final int port;
    private final Process shell;
    private final Path images;

    private Moto(int port, Process shell, Path images) {
        this.port = port;
        this.shell = shell;
        this.images = images;
    }

    /** Starts it, and gives this JVM credentials that it accepts. */
    public static Moto start() {
        try {
            int port = port();
            Path images = Files.writeString(TrixieRoot.folder().resolve("tmp/tsmigrate-images-" + port + ".json"),
                    "[" + String.join(",",
                            IMAGE.formatted("ami-00000001", "/ubuntu-jammy-22.04-amd64-server-20260601", "x86_64",
                                    "2026-06-01T00:00:00.000Z"),
                            IMAGE.formatted("ami-00000002", "-gp3/ubuntu-noble-24.04-amd64-server-20260301", "x86_64",
                                    "2026-03-01T00:00:00.000Z"),
                            IMAGE.formatted("ami-00000003", "-gp3/ubuntu-noble-24.04-amd64-server-20260401", "x86_64",
                                    "2026-04-01T00:00:00.000Z"),
                            IMAGE.formatted("ami-00000004", "-gp3/ubuntu-noble-24.04-arm64-server-20260401", "arm64",
                                    "2026-04-01T00:00:00.000Z"))
                            + "]");
            List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh"));
            command.addAll(TrixieRoot.command("env", "MOTO_AMIS_PATH=/tmp/" + images.getFileName(), "moto_server", "-H",
                    "127.0.0.1", "-p", String.valueOf(port)));
            Moto moto = new Moto(port, new ProcessBuilder(command).start(), images);
            CREDENTIALS.forEach(name -> System.setProperty(name, "testing"));
            BackgroundWork.until("moto_server answers", moto::answers);
            return moto;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int port() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Where it answers. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Calls to it, past everything that stands before it. */
    public Aws aws() {
        return Aws.open(null, REGION, address().toString());
    }

    /** Forgets everything that was made. */
    public void reset() {
        send(HttpRequest.newBuilder(address().resolve("/moto-api/reset")).POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    /**
     * A database of 100 GiB in the standard VPC, guarded by a group of its own that lets nobody in; returns the group.
     */
    public String database(String id) {
        try (Aws aws = aws()) {
            String vpc = aws.ec2().describeVpcs().vpcs().get(0).vpcId();
            String group = aws.ec2()
                    .createSecurityGroup(request -> request.groupName("db-" + id).description("database").vpcId(vpc))
                    .groupId();
            open(aws, vpc);
            List<String> subnets = subnets();
            aws.rds().createDBSubnetGroup(request -> request.dbSubnetGroupName("of-" + id)
                    .dbSubnetGroupDescription("all").subnetIds(subnets));
            aws.rds()
                    .createDBInstance(request -> request.dbInstanceIdentifier(id).engine("postgres")
                            .engineVersion("15.4").allocatedStorage(100)
                            .dbInstanceClass("db.m5.large").masterUsername("app")
                            .masterUserPassword("a-password-of-rds").vpcSecurityGroupIds(group)
                            .dbSubnetGroupName("of-" + id).availabilityZone(REGION + "b").port(5432).dbName("shop"));
            return group;
        }
    }

    /** In a standard VPC of AWS the main route table leads to the Internet; in moto it does not. */
    private static void open(Aws aws, String vpc) {
        String table = aws.ec2().describeRouteTables(request -> request.filters(Aws.filter("vpc-id", vpc)))
                .routeTables().get(0).routeTableId();
        String gateway = aws.ec2().createInternetGateway().internetGateway().internetGatewayId();
        aws.ec2().attachInternetGateway(request -> request.internetGatewayId(gateway).vpcId(vpc));
        aws.ec2().createRoute(
                request -> request.routeTableId(table).gatewayId(gateway).destinationCidrBlock("0.0.0.0/0"));
    }

    /** @return the subnets of the standard VPC */
    public List<String> subnets() {
        try (Aws aws = aws()) {
            return aws.ec2().describeSubnets().subnets().stream().map(subnet -> subnet.subnetId()).sorted().toList();
        }
    }

    /**
     * @return the subnet of the standard VPC in this availability zone, such as {@code b}; not every zone has every
     * type of machine
     */
    public String subnet(String zone) {
        try (Aws aws = aws()) {
            return aws.ec2().describeSubnets(request -> request.filters(Aws.filter("availability-zone", REGION + zone)))
                    .subnets().get(0).subnetId();
        }
    }

    /** Gives subnets a route table of their own, without a way to the Internet. */
    public void close(List<String> subnets) {
        try (Aws aws = aws()) {
            String vpc = aws.ec2().describeVpcs().vpcs().get(0).vpcId();
            String table = aws.ec2().createRouteTable(request -> request.vpcId(vpc)).routeTable().routeTableId();
            subnets.forEach(
                    subnet -> aws.ec2().associateRouteTable(request -> request.routeTableId(table).subnetId(subnet)));
        }
    }

    /** @return what there is that costs money or lets somebody in: everything that a run may make */
    public List<String> things() {
        try (Aws aws = aws()) {
            List<String> items = new ArrayList<>();
            aws.ec2().describeInstances().reservations().stream()
                    .flatMap(reservation -> reservation.instances().stream())
                    .filter(instance -> instance.state().name() != InstanceStateName.TERMINATED)
                    .forEach(instance -> items.add(instance.instanceId()));
            aws.ec2().describeVolumes().volumes().forEach(volume -> items.add(volume.volumeId()));
            aws.ec2().describeNetworkInterfaces().networkInterfaces()
                    .forEach(card -> items.add(card.networkInterfaceId()));
            aws.ec2().describeSecurityGroups().securityGroups().forEach(group -> items.add(group.groupId()));
            aws.ec2().describeSecurityGroupRules(request -> request.maxResults(1000)).securityGroupRules()
                    .forEach(rule -> items.add(rule.securityGroupRuleId()));
            aws.ec2().describeKeyPairs().keyPairs().forEach(key -> items.add(key.keyPairId()));
            return items.stream().sorted().toList();
        }
    }

    private boolean answers() {
        try {
            return send(HttpRequest.newBuilder(address().resolve("/moto-api/data.json")).build()) == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static int send(HttpRequest request) {
        try {
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        CREDENTIALS.forEach(System::clearProperty);
        try {
            shell.getOutputStream().close();
            shell.waitFor();
            Files.deleteIfExists(images);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
