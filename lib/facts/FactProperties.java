package lib.facts;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import lib.server.Versions;

/**
 * Compares an object's properties, one by one. The label of a property says how: {@code is} and {@code definition} are
 * the object itself; {@code definition} and the labels in {@link #EXPRESSIONS} are compared as expressions; a label
 * ending in {@code grant}, {@code option} or {@code setting} is a list, compared entry by entry; of a label beginning
 * with {@code secret} no value is shown; {@code owner} and {@code version} have rules of their own.
 */
final class FactProperties {
    private static final Set<String> EXPRESSIONS =
            Set.of("definition", "default", "generated", "using", "check", "condition", "partition key",
                    "partition bound", "arguments");
    private static final Pattern LIST = Pattern.compile("(?s)(.* )?(grant|option|setting)");
    private static final String SECRET = "secret ";

    private final Administrators administrators;
    private final Set<String> sourceRoles;
    private final Set<String> missing;
    private final boolean sameMajor;

    /**
     * @param sourceRoles all roles of the source
     * @param missing what the target lacks, as {@code role app}; what follows from that is no further difference
     */
    FactProperties(Administrators administrators, Set<String> sourceRoles, Set<String> missing, boolean sameMajor) {
        this.administrators = administrators;
        this.sourceRoles = sourceRoles;
        this.missing = missing;
        this.sameMajor = sameMajor;
    }

    /** Adds what differs between the two. */
    void compare(List<String> labels, FactStream.Fact source, FactStream.Fact target, List<Difference> differences) {
        if (source.kind() != target.kind()) {
            differences.add(new Difference(source.kind(), source.identity(), source.kind().word(),
                    target.kind().word()));
            missing.add("relation " + source.identity().text());
            return;
        }
        for (int i = 0; i < labels.size(); i++) {
            String label = labels.get(i);
            String here = source.properties().get(i);
            String there = target.properties().get(i);
            if (FactTemplate.UNKNOWN.equals(here) || FactTemplate.UNKNOWN.equals(there)) {
                continue;
            }
            boolean secret = label.startsWith(SECRET);
            String shown = secret ? label.substring(SECRET.length()) : label;
            if (LIST.matcher(label).matches()) {
                Map<String, String> ours = entries(here);
                Map<String, String> theirs = entries(there);
                settleOwners(ours, theirs);
                compareLists(source, shown, ours, theirs, secret, differences);
            } else if (!same(label, here, there)) {
                String property = shown.equals("is") || shown.equals("definition") ? null : shown;
                differences.add(new Difference(source.kind(), property, source.identity(), null, value(here, secret),
                        value(there, secret)));
            }
        }
    }

    private boolean same(String label, String here, String there) {
        if (here == null || there == null) {
            return here == null && there == null;
        }
        return switch (label) {
            case "owner" -> administrators.same(here, there)
                    || !here.equals(administrators.bootstrap()) && missing.contains("role " + here);
            // A newer PostgreSQL brings newer versions of its extensions.
            case "version" -> here.equals(there) || !sameMajor && Versions.ORDER.compare(here, there) < 0;
            default -> EXPRESSIONS.contains(label) ? Expressions.same(here, there) : here.equals(there);
        };
    }

    /**
     * Where the owners are not the same, what each has of its own or was granted is what it takes to be in the other's
     * place.
     */
    private static void settleOwners(Map<String, String> here, Map<String, String> there) {
        String ours = here.remove(FactTemplate.OWNER);
        String theirs = there.remove(FactTemplate.OWNER);
        if (ours != null && theirs != null && !ours.equals(theirs)) {
            here.remove(theirs);
            Set<String> had = privileges(there.get(FactTemplate.OWN));
            had.addAll(privileges(there.remove(ours)));
            if (had.containsAll(privileges(here.get(FactTemplate.OWN)))) {
                here.remove(FactTemplate.OWN);
                there.remove(FactTemplate.OWN);
            }
        }
    }

    private static Set<String> privileges(String list) {
        return list == null ? new TreeSet<>()
                : new TreeSet<>(List.of(list.replace(" with grant option", "").split(", ")));
    }

    private void compareLists(FactStream.Fact fact, String label, Map<String, String> here, Map<String, String> there,
            boolean secret,
            List<Difference> differences) {
        boolean grant = label.equals(Difference.GRANT);
        Set<String> keys = new TreeSet<>(here.keySet());
        there.keySet().stream().filter(key -> !grant || concernsSource(key)).forEach(keys::add);
        for (String key : keys) {
            String one = here.get(key);
            String other = there.get(key);
            if (!(one == null ? "" : one).equals(other == null ? "" : other)
                    && !(grant && missing.contains("role " + key))) {
                differences.add(new Difference(fact.kind(), label, fact.identity(), key, value(one, secret),
                        value(other, secret)));
            }
        }
    }

    /** What the target has granted to roles that only it has is its own affair. */
    private boolean concernsSource(String grantee) {
        return grantee.equals("PUBLIC") || grantee.equals(FactTemplate.OWN)
                || sourceRoles.contains(grantee) && !grantee.equals(administrators.bootstrap());
    }

    private static Map<String, String> entries(String list) {
        Map<String, String> entries = new TreeMap<>();
        if (list != null) {
            for (String entry : list.split(FactTemplate.ENTRY)) {
                int end = entry.indexOf(FactTemplate.VALUE);
                entries.put(entry.substring(0, end), entry.substring(end + 1));
            }
        }
        return entries;
    }

    private static String value(String value, boolean secret) {
        return value == null ? Difference.MISSING : secret ? "***" : value;
    }
}
