package lib.load;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.catalog.EntrySql;
import lib.journal.Unit;

/**
 * A foreign key that is added without looking at the rows, which takes no time, and validated beside others, which
 * locks nobody out (PostgreSQL manual, ALTER TABLE, "NOT VALID").
 *
 * @param validate null where the key stays as it is
 */
record ForeignKey(SchemaSession.Step add, SchemaSession.Step validate) {
    private static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[^\\s\".]+)";
    private static final Pattern ADDING = Pattern.compile(
            "(ALTER TABLE ONLY %1$s\\.%1$s)\\s+ADD CONSTRAINT (%1$s) FOREIGN KEY .*;".formatted(IDENTIFIER),
            Pattern.DOTALL);

    /**
     * @param whole the entries of indexes and constraints of partitioned tables
     * @return the foreign key in two steps; empty if one of its tables is partitioned, because such a table refuses NOT
     * VALID or validates the constraint of the root only
     */
    static Optional<ForeignKey> of(EntrySql part, Set<Integer> whole) {
        if (part.needs().stream().anyMatch(whole::contains)) {
            return Optional.empty();
        }
        Matcher addClause = part.sql() == null ? null : ADDING.matcher(part.sql());
        if (addClause == null || !addClause.matches()) {
            return Optional.empty();
        }
        if (part.sql().endsWith(" NOT VALID;") || part.sql().contains(" NOT ENFORCED")) {
            return Optional.of(new ForeignKey(SchemaSession.Step.of(part), null));
        }
        String add = part.sql().substring(0, part.sql().length() - 1) + " NOT VALID;";
        return Optional.of(
                new ForeignKey(
                        new SchemaSession.Step(part.description(), part.settings(), add, part.entry(), part.owner(),
                                Unit.of(part)),
                        SchemaSession.Step.of(part.description(),
                                addClause.group(1) + " VALIDATE CONSTRAINT " + addClause.group(2) + ";")
                                .recordedAs(Unit.VALIDATE, part.name())));
    }
}
