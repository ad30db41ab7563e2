//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ShellScript;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.InstanceTypeOffering;
import software.amazon.awssdk.services.ec2.model.LocationType;
import software.amazon.awssdk.services.ec2.model.RouteTable;
import software.amazon.awssdk.services.ec2.model.Subnet;

/** Finds out by reading only what {@code up} would make for a database. */
public final class Ec2Planner {
    /** The private key of a key pair that is made, in the working folder. */
    private static final String KEY_FILE = "id_ed25519";
    /** Programs and their packages, beside the room for a dump. */
    private static final int SYSTEM_GIB = 10;
    private static final int MIDDLE_GIB = 200;
    private static final int LARGE_GIB = 1000;
    /**
     * Newest first; general purpose, because a migration is bound by the network and by two connections' work on each
     * table.
     */
    private static final List<String> FAMILIES = List.of("m7i", "m6i", "m5", "t3");

    private final Aws aws;
    private final Ec2Options options;
    private final Path folder;
    private final Console console;

    public Ec2Planner(Aws aws, Ec2Options options, Path folder, Console console) {
        this.aws = aws;
        this.options = options;
        this.folder = folder;
        this.console = console;
    }

    /**
     * @param previous what an interrupted run has made
     * @return the run to begin, or the former one changed by the options that are given now
     */
    public Ec2State run(Optional<Ec2State> previous) {
        return previous.map(state -> state.replanned(plan(state))).orElseGet(() -> Ec2State.begin(plan()));
    }

    /**
     * @throws Failure usage, when no database was given; refused, when the machine cannot be as the options say or
     * cannot be reached
     */
    public Ec2Plan plan() {
        if (options.database() == null) {
            throw Failure.usage("no RDS instance was given")
                    .hint("choose one with --db-instance; list them: aws rds describe-db-instances");
        }
        return aws.ask(() -> find(options.database(), this::sshFrom));
    }

    /**
     * What an earlier plan becomes by the options that are given now; without any it stays as it is.
     *
     * @throws Failure usage, when it comes too late, or is for another database
     */
    private Ec2Plan plan(Ec2State previous) {
        Ec2Plan plan = previous.plan();
        if (options.database() != null && !options.database().equals(plan.database().id())) {
            throw Failure
                    .usage("the folder holds a run for the RDS instance \"%s\", not \"%s\"", plan.database().id(),
                            options.database())
                    .hint("use another --dir for each, or remove that run first: rds-via-ec2 down --dir %s",
                            ShellScript.quoted(folder.toString()));
        }
        if (options.machine() && previous.made().containsKey(Ec2State.INSTANCE)) {
            throw Failure.usage("the machine exists already and cannot be changed")
                    .hint("remove it first: rds-via-ec2 down --dir %s", ShellScript.quoted(folder.toString()));
        }
        String sshFrom = options.sshFrom() == null ? plan.sshFrom() : options.sshFrom();
        return options.machine() ? aws.ask(() -> find(plan.database().id(), () -> sshFrom)) : plan.withSshFrom(sshFrom);
    }

    private String sshFrom() {
        if (options.sshFrom() != null) {
            return options.sshFrom();
        }
        console.say("asking %s for this machine's address", options.checkAddress());
        return PublicAddress.ask(options.checkAddress());
    }

    private Ec2Plan find(String id, Supplier<String> sshFrom) {
        RdsFacts database = RdsFacts.of(aws, id);
        Ec2Plan.Place place = place(database);
        String type = type(database, place);
        String architecture = architecture(type);
        Image image = new Ec2Images(aws).image(options.image(), architecture);
        int volume = options.volume() == null ? database.storage() + SYSTEM_GIB : options.volume();
        if (options.keyName() != null) {
            aws.ec2().describeKeyPairs(request -> request.keyNames(options.keyName()));
        }
        Path key = options.keyFile() == null ? folder.resolve(KEY_FILE) : options.keyFile();
        return new Ec2Plan(aws.profile(), aws.region(), aws.endpoint(), database, place,
                new Ec2Plan.Machine(type, architecture, volume, image.imageId(), image.name(), image.rootDeviceName()),
                new Ec2Plan.Key(options.keyName(), key.toAbsolutePath().normalize().toString()), sshFrom.get());
    }

    private Ec2Plan.Place place(RdsFacts database) {
        List<Subnet> subnets = aws.ec2()
                .describeSubnets(request -> request.filters(Aws.filter("vpc-id", database.vpc()))).subnets().stream()
                .filter(subnet -> options.subnet() == null || subnet.subnetId().equals(options.subnet())).toList();
        if (subnets.isEmpty()) {
            throw options.subnet() == null
                    ? Failure.of("the VPC %s of the database has no subnet", database.vpc())
                            .hint("make one in the AWS console, under VPC")
                    : Failure
                            .of("there is no subnet \"%s\" in the VPC %s of the database", options.subnet(),
                                    database.vpc())
                            .hint("list them: aws ec2 describe-subnets --filters Name=vpc-id,Values=%s",
                                    database.vpc());
        }
        Set<String> open = open(database.vpc(), subnets);
        // In the database's own zone, traffic costs nothing and travels least.
        Subnet best = subnets.stream().filter(subnet -> options.subnet() != null || open.contains(subnet.subnetId()))
                .min(Comparator.comparing((Subnet subnet) -> !subnet.availabilityZone().equals(database.zone()))
                        .thenComparing(Subnet::subnetId))
                .orElseThrow(() -> Failure.of(
                        "no subnet in the VPC %s of the database is open to the Internet, so ssh could not reach "
                                + "the machine",
                        database.vpc())
                        .hint("if you reach the VPC another way, such as a VPN, choose one with --subnet: %s",
                                subnets.stream().map(Subnet::subnetId).sorted().collect(Collectors.joining(", "))));
        return new Ec2Plan.Place(best.subnetId(), best.availabilityZone(), open.contains(best.subnetId()));
    }

    /**
     * Those whose route table leads to an Internet gateway; the main one counts for the others (Amazon VPC guide,
     * "Route tables").
     */
    private Set<String> open(String vpc, List<Subnet> subnets) {
        List<RouteTable> tables =
                aws.ec2().describeRouteTables(request -> request.filters(Aws.filter("vpc-id", vpc))).routeTables();
        return subnets.stream().map(Subnet::subnetId).filter(subnet -> tables.stream()
                .filter(table -> table
                        .associations().stream().anyMatch(association -> subnet.equals(association.subnetId())))
                .findFirst()
                .or(() -> tables.stream()
                        .filter(table -> table.associations().stream().anyMatch(association -> association.main()))
                        .findFirst())
                .filter(table -> table.routes().stream()
                        .anyMatch(route -> route.gatewayId() != null && route.gatewayId().startsWith("igw-")))
                .isPresent()).collect(Collectors.toSet());
    }

    private String type(RdsFacts database, Ec2Plan.Place place) {
        String size =
                database.storage() <= MIDDLE_GIB ? ".large" : database.storage() <= LARGE_GIB ? ".xlarge" : ".2xlarge";
        List<String> candidates = options.type() == null ? FAMILIES.stream().map(family -> family + size).toList()
                : List.of(options.type());
        Set<String> offered = aws.ec2()
                .describeInstanceTypeOfferings(request -> request.locationType(LocationType.AVAILABILITY_ZONE)
                        .filters(Aws.filter("location", place.zone()),
                                Aws.filter("instance-type", candidates.toArray(String[]::new))))
                .instanceTypeOfferings().stream().map(InstanceTypeOffering::instanceTypeAsString)
                .collect(Collectors.toSet());
        return candidates.stream().filter(offered::contains).findFirst()
                .orElseThrow(() -> Failure
                        .of("the availability zone %s has no machine of type %s", place.zone(),
                                String.join(", ", candidates))
                        .hint("choose another --instance-type, or a --subnet in another zone; list what is offered: "
                                + "aws "
                                + "ec2 describe-instance-type-offerings"
                                + " --location-type availability-zone --filters Name=location,Values=%s",
                                place.zone()));
    }

    private String architecture(String type) {
        List<String> known = new ArrayList<>(aws.ec2()
                .describeInstanceTypes(request -> request.instanceTypesWithStrings(type)).instanceTypes().get(0)
                .processorInfo().supportedArchitecturesAsStrings());
        known.retainAll(Ec2Images.ARCHITECTURES);
        if (known.isEmpty()) {
            throw Failure.of("there is no Ubuntu for machines of type %s", type)
                    .hint("choose another --instance-type");
        }
        return known.get(0);
    }
}
