//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import testbed.SourceFile;

/** What keeps the house in order and the files loadable by JBang from anywhere. Every rule reports all that break it at once. */
class HouseRulesTest {
    private static final int LONGEST_FILE = 300;

    /** The layers of lib/: a file uses those of its own layer and of the layers above it here, never of one below. */
    private static final String LAYERS = """
            base: Shown ShownSql Bytes Count Cleanup Failure Json OutputFile PrivateFile ProgressLine Sql ShellScript Console Versions TimescaleVersions Pulse PasswordGenerator PasswordPrompt
              Background
            connection: Keyword ConnectionUri ConnectionString ServiceFile PassFile Parameters ServerAddress AddressSocketFactory ClientKey TlsSockets DriverTls
              DriverProperties ClientConninfo Wire Dsn Endpoints TargetKind TargetKindOption PasswordEntry PasswordCsv PasswordFile PasswordStore NamePattern Filters DumpFormat Compression
            servers: ToolMessages ClientPackage ClientTools Tool LastWords ConnectionRemedy Connecting Rows OwnSchema JournalTables SessionSettings Sessions Aborting Watch NewSession Server DriverSettings ComputingSessions SessionPair DatabaseCreation TargetDatabase SameDatabase DatabaseIdentity StepFile
              Drops TimescaleExtension AlterJob PauseRecord Timescale TimescaleCatalog TargetLock Leftovers RestoringMode HeldJobs Jobs
            contents: PlannedCode HeldTables Refusal Settings Roles RolePowers QuestionScript RoleRules RecognizedKind RoleTarget RoleGains RoleLoss RoleStatements RoleTranslation RoleScript RoleReport PasswordRoles PasswordChange Dependents Extensions Selection CopyTypes
              Inventory Arrivals Grants OwnedObjects Stranger PutIn InTheWay Ownerless ObjectKind Turns Snapshot Archive DatabaseSettings Contents FunctionText FunctionUse WrittenFunction HypertableReaders PathNeeds PathNeedSearch Manifest Schema Counters SchemaChanges
              Finding CarriedSettings ArrayNulls EffectiveSettings DateStyleCheck Money Collations ManagedServices Surroundings Tablespaces Lz4Column Peculiarities LargeRows Capacity Parallelism DiskSpace Readability TargetSchemas Namesakes ReservedSchemas SelfReferences UnreadableOnStandby Uncarried ExtensionRows FunctionSettings OwnersCode OwnerPowers RoleDifferences GoneRoles RolePlan OthersComments ExtensionOwners SystemOwners ExtensionCheck
              TimescaleFeatures TimescaleAlignment TimescaleCheck ExtensionCreation TimescaleRights AddedDefaults TimescaleSource
              EntrySql
            work: Workers Part Landed Shipment CopyPlan TableRanges HeldParts Throttle RowStream CopyProgress
              Copier LargeObjects TakenMembership Memberships ProgramRecorder MadeSettings EventTriggers Journal Strangers Removal Ownership Grantors Grantees Report Steps Attempt Occupation MovedJobs PausedJobs Verdict DumpFiles DumpOutput RowSample RowMover StreamedRows RestoredRows Rehearsal
              SchemaSession SchemaWorkers LoadSettings ForeignKey PreData PostPlan PostData
              Delivery StepwiseDelivery
            verification: Administrators Difference Expected Permitted DifferenceTable FactQuery CatalogShape TimescaleNames FactTemplate DefaultPrivileges FactStream FactProperties
              ChunkFacts HypertableFacts JobFacts TimescaleState HypertableRows FactComparison
              DatabaseFacts Expressions RelationFacts RoleFacts RoutineFacts TableFacts TypeFacts Checksums ComparedTable SampleKey RowQuestions ComparedRows RowSum RowTally StreamedSum StreamedComparison RefreshedView Undecided DifferingViews RowComparison LargeObjectContents
              SequenceValues Verification VerificationScript
            route: Repair FrozenSource Freezing Finishing TargetCheck VersionCheck Preflight Untried PlainDump ScriptDelivery GivenRights Loading LateScript NewerSettings DumpWriter Dumping ManifestCheck RestoreCheck
              ArchiveScript OwnerScript RestoringScript LoadingScript LeftOut Restoration RestoreOptions MigrationOrder MigrationScript ArrivalCheck Migration
            cloud: PublicAddress AwsErrors Aws AwsOptions RdsFacts Ec2Options Ec2Plan Ec2Images Ec2Planning Ec2State Ec2Tagged Ec2Key Ec2Wait Ec2Up Ec2Down
              Ec2Script Consent WorkFolder Ec2Work
            remote: RemoteHost Ssh Toolkit RemoteScripts RemoteTalk RemoteRun Tunnel
            """;

    /** The library that holds a package, for what a file imports. */
    private static final Map<String, String> LIBRARIES = Map.of("picocli.", "info.picocli:picocli",
            "de.siegmar.fastcsv.", "de.siegmar:fastcsv",
            "com.google.gson.", "com.google.code.gson:gson",
            "org.postgresql.", "org.postgresql:postgresql",
            "org.zeroturnaround.", "org.zeroturnaround:zt-exec",
            "software.amazon.awssdk.services.ec2.", "software.amazon.awssdk:ec2",
            "software.amazon.awssdk.services.rds.", "software.amazon.awssdk:rds",
            "software.amazon.awssdk.http.urlconnection.", "software.amazon.awssdk:url-connection-client",
            "org.junit.jupiter.", "org.junit.jupiter:junit-jupiter",
            "org.junit.platform.", "org.junit.platform:junit-platform-launcher");
    private static final Pattern EXACT = Pattern.compile("([\\w.-]+:[\\w.-]+):(\\d[\\w.-]*)");

    private static final List<SourceFile> LIB = SourceFile.in("lib");
    private static final List<SourceFile> SCRIPTS = SourceFile.in("scripts");
    private static final List<SourceFile> TESTS = Stream.of("tests", "tests/testbed", "tests/bench").flatMap(folder -> SourceFile.in(folder).stream()).toList();
    private static final Set<String> LIB_CLASSES = LIB.stream().map(SourceFile::name).collect(Collectors.toSet());

    private final List<String> broken = new ArrayList<>();

    @Test
    void files_are_small() {
        all().filter(file -> file.lines() > LONGEST_FILE).forEach(file -> broken.add(file + " has " + file.lines() + " lines"));
        assertNoneBroken();
    }

    @Test
    void a_file_names_the_lib_files_it_uses_directly_and_no_others() {
        Stream.concat(LIB.stream(), SCRIPTS.stream()).forEach(file -> {
            Set<String> used = file.mentioned(LIB_CLASSES::contains);
            difference(used, file.sources()).forEach(name -> broken.add(file + " uses " + name + " without //SOURCES"));
            difference(file.sources(), used).stream().filter(LIB_CLASSES::contains).forEach(name -> broken.add(file + " has " + name + " in //SOURCES and does not use it"));
        });
        assertNoneBroken();
    }

    @Test
    void sources_are_named_one_by_one_and_exist() {
        // From a catalog on the web JBang can neither list a folder nor follow a pattern.
        LIB.forEach(file -> file.directive("//SOURCES").stream().filter(name -> !name.matches("\\w+\\.java") || !LIB_CLASSES.contains(bare(name)))
                .forEach(name -> broken.add(file + " names " + name)));
        SCRIPTS.forEach(file -> file.directive("//SOURCES").stream()
                .filter(name -> !name.matches("\\.\\./lib/\\w+\\.java") || !LIB_CLASSES.contains(bare(name)))
                .filter(name -> SCRIPTS.stream().noneMatch(script -> name.equals(script.name() + ".java")))
                .forEach(name -> broken.add(file + " names " + name)));
        assertNoneBroken();
    }

    @Test
    void no_file_uses_itself_through_others() {
        Map<String, Set<String>> sources = LIB.stream().collect(Collectors.toMap(SourceFile::name, SourceFile::sources));
        sources.keySet().stream().sorted().filter(name -> reachable(name, sources).contains(name))
                .forEach(name -> broken.add(name + " is part of a cycle"));
        assertNoneBroken();
    }

    @Test
    void no_layer_uses_a_layer_below_it() {
        Map<String, String> layerOf = new HashMap<>();
        List<String> order = new ArrayList<>();
        LAYERS.replace("\n ", " ").lines().forEach(line -> {
            String layer = line.substring(0, line.indexOf(':'));
            order.add(layer);
            Stream.of(line.substring(line.indexOf(':') + 1).strip().split(" +")).filter(name -> layerOf.put(name, layer) != null)
                    .forEach(name -> broken.add(name + " is in two layers"));
        });
        difference(LIB_CLASSES, layerOf.keySet()).forEach(name -> broken.add(name + " is in no layer"));
        difference(layerOf.keySet(), LIB_CLASSES).forEach(name -> broken.add(name + " has a layer and no file"));
        for (SourceFile file : LIB.stream().filter(file -> layerOf.containsKey(file.name())).toList()) {
            int own = order.indexOf(layerOf.get(file.name()));
            file.sources().stream().filter(name -> order.indexOf(layerOf.get(name)) > own)
                    .forEach(name -> broken.add(file.name() + " (" + layerOf.get(file.name()) + ") uses " + name + " (" + layerOf.get(name) + ")"));
        }
        assertNoneBroken();
    }

    @Test
    void libraries_have_one_exact_version_everywhere() {
        Map<String, Set<String>> versions = new TreeMap<>();
        all().forEach(file -> file.directive("//DEPS").forEach(dependency -> {
            var exact = EXACT.matcher(dependency);
            if (exact.matches()) {
                versions.computeIfAbsent(exact.group(1), artifact -> new TreeSet<>()).add(exact.group(2));
            } else {
                broken.add(file + " names " + dependency + " without an exact version");
            }
        }));
        versions.entrySet().stream().filter(entry -> entry.getValue().size() > 1).forEach(entry -> broken.add(entry.toString()));
        assertNoneBroken();
    }

    @Test
    void a_file_names_the_libraries_it_imports() {
        all().forEach(file -> LIBRARIES.forEach((prefix, artifact) -> {
            boolean imports = file.code().lines().anyMatch(line -> line.matches("import (static )?" + Pattern.quote(prefix) + ".*"));
            if (imports && file.directive("//DEPS").stream().noneMatch(dependency -> dependency.startsWith(artifact + ":"))) {
                broken.add(file + " imports " + prefix + "* without //DEPS " + artifact);
            }
        }));
        assertNoneBroken();
    }

    @Test
    void only_scripts_have_a_main_and_end_the_process() {
        LIB.stream().filter(file -> file.code().matches("(?s).*\\bstatic\\s+void\\s+main\\b.*")).forEach(file -> broken.add(file + " has a main"));
        LIB.stream().filter(file -> file.code().matches("(?s).*\\b(System\\.exit|Runtime\\.getRuntime\\(\\)\\.halt)\\b.*"))
                .filter(file -> !file.name().equals("Console")).forEach(file -> broken.add(file + " ends the process"));
        SCRIPTS.stream().filter(file -> file.code().split("System\\.exit", -1).length > 2)
                .forEach(file -> broken.add(file + " ends the process twice"));
        assertNoneBroken();
    }

    @Test
    void lib_is_a_package_and_scripts_are_not() {
        LIB.stream().filter(file -> !file.code().contains("\npackage lib;\n") && !file.code().startsWith("package lib;\n"))
                .forEach(file -> broken.add(file + " is not in package lib"));
        SCRIPTS.stream().filter(file -> file.code().matches("(?s).*(^|\n)package .*")).forEach(file -> broken.add(file + " is in a package"));
        assertNoneBroken();
    }

    private void assertNoneBroken() {
        assertEquals("", String.join("\n", broken));
    }

    private static Stream<SourceFile> all() {
        return Stream.of(LIB, SCRIPTS, TESTS).flatMap(List::stream);
    }

    private static String bare(String file) {
        return file.replaceFirst(".*/", "").replaceFirst("\\.java$", "");
    }

    private static Set<String> difference(Set<String> all, Set<String> without) {
        return all.stream().filter(name -> !without.contains(name)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> reachable(String from, Map<String, Set<String>> sources) {
        Map<String, Boolean> seen = new LinkedHashMap<>();
        List<String> open = new ArrayList<>(sources.getOrDefault(from, Set.of()));
        while (!open.isEmpty()) {
            String next = open.remove(open.size() - 1);
            if (seen.put(next, true) == null) {
                open.addAll(sources.getOrDefault(next, Set.of()));
            }
        }
        return seen.keySet();
    }
}
