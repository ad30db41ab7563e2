//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.util.List;

/** The tables on the target in which a run records what it does there. */
public final class JournalTables {
    /**
     * When the run began, when it last went on, whether that was a pass before the downtime and when that ended, by
     * which version of this program, and the first transaction that can be its own; its client programs call themselves
     * {@code name} when they connect. The source's database, and the options that change what arrives, which a run that
     * goes on with this one must have in common with it. While its rows are copied and others may help, the snapshot of
     * the source, what that sees, and the extensions that have the same version on both sides, a line each. The
     * source's timeline, where it tells one.
     */
    public static final OwnSchema.Table RUN = OwnSchema.Table.of("run", List.of(), "started timestamptz !",
            "resumed timestamptz !", "version text !", "transaction int8 !", "name text !", "source text !",
            "options text !", "pass bool !", "prepared timestamptz", "snapshot text", "sees text", "extensions text",
            "timeline int8");
    /** What the run is going to create: the name of each object, and its intended owner. */
    public static final OwnSchema.Table PLANNED =
            OwnSchema.Table.of("planned", List.of(), "kind text !", "identity text !", "owner text");
    /**
     * What the run has created: the address of each object, written in the creating transaction if that is one of ours.
     */
    public static final OwnSchema.Table MADE = OwnSchema.Table.of("made", List.of(), "catalog oid !", "object oid !");
    /**
     * What has been done with the schema, a statement or a group of them each, written in the transaction that does it.
     */
    public static final OwnSchema.Table UNIT =
            OwnSchema.Table.of("unit", List.of(), "digest text !", "kind text !", "name text !");
    /**
     * The parts in which the rows of tables are copied: the table by its OID on the source and by its name, the
     * condition on the source's rows, or nothing for all of them, and their bytes there; once they are on the target,
     * their number, the transaction that brought them, the first transaction of the source that their snapshot may not
     * see, the file in which the source had the table then, when, and which other machine has brought them. What other
     * machines may copy has a number, which is that of all parts of one transaction; one of them leads the others.
     */
    public static final OwnSchema.Table PART = OwnSchema.Table.of("part", List.of("source", "number"), "source oid !",
            "number int4 !", "name text !", "range text !", "bytes int8 !", "rows int8", "transaction int8",
            "snapshot int8", "file int8", "finished timestamptz", "joiner text", "batch int4", "leads bool");
    /**
     * The roles that the connecting user became a member of, by whose grant, and the options that this grant had
     * before, or nulls; whether that is yet to be put back.
     */
    public static final OwnSchema.Table MEMBERSHIP = OwnSchema.Table.of("membership", List.of(), "role oid !",
            "grantor oid !", "inherit bool", "set bool", "taken bool !");
    /** The roles that the run has created, and that outlast it. */
    public static final OwnSchema.Table ROLE = OwnSchema.Table.of("role", List.of(), "role oid !");
    /**
     * What the run has given to roles: memberships, or privileges on a parameter, which have no role; the options
     * before, if it was there, and after.
     */
    public static final OwnSchema.Table GIVEN = OwnSchema.Table.of("given", List.of(), "role oid !", "member oid !",
            "grantor oid !", "parameter text !", "before text", "after text !");
    /** The default privileges that were there before. */
    public static final OwnSchema.Table DEFAULT_PRIVILEGES =
            OwnSchema.Table.of("default_privileges", List.of(), "oid oid !");
    /**
     * The settings of the database, and of roles in it, which are those with a role: those that were there before, and
     * those that the run has made.
     */
    public static final OwnSchema.Table SETTING =
            OwnSchema.Table.of("setting", List.of(), "role oid !", "name text !", "value text !", "made bool !");
    /**
     * The owners, privileges and comments of what was there before, and belongs to the system, to an extension, or to
     * the database as a whole.
     */
    public static final OwnSchema.Table PRIOR = OwnSchema.Table.of("prior", List.of(), "catalog oid !", "object oid !",
            "owner oid", "acl _aclitem", "comment text");
    /** The metadata of TimescaleDB that was there before. */
    public static final OwnSchema.Table METADATA =
            OwnSchema.Table.of("prior_row", List.of(), "key text !", "value text", "telemetry bool");
    /** The sequences that an extension has dumped, which were there before, and where they stood. */
    public static final OwnSchema.Table SEQUENCE =
            OwnSchema.Table.of("prior_sequence", List.of(), "object oid !", "value int8 !", "called bool !");
    /** The schemas and extensions that were there before. */
    public static final OwnSchema.Table FOUND = OwnSchema.Table.of("found", List.of(), "catalog oid !", "object oid !");
    /**
     * The run's sessions on the target, and which other machine they are of; a process identifier alone is used again.
     */
    public static final OwnSchema.Table SESSION =
            OwnSchema.Table.of("session", List.of(), "pid int4 !", "started timestamptz !", "joiner text");
    /**
     * The sessions that record what its client programs create; they end by themselves once those programs have ended.
     */
    public static final OwnSchema.Table RECORDER =
            OwnSchema.Table.of("recorder", List.of(), "pid int4 !", "started timestamptz !");

    /** The other machines that copy rows of the run, since when, and when each was last heard of. */
    public static final OwnSchema.Table JOINER = OwnSchema.Table.of("joiner", List.of("id"), "id text !",
            "machine text !", "joined timestamptz !", "heard timestamptz !");

    public static final List<OwnSchema.Table> ALL =
            List.of(RUN, PLANNED, MADE, UNIT, PART, ROLE, GIVEN, MEMBERSHIP, DEFAULT_PRIVILEGES, SETTING, PRIOR,
                    METADATA, SEQUENCE, FOUND,
                    SESSION, RECORDER, JOINER);

    /**
     * An SQL condition on a row {@code a} of pg_stat_activity: it is a session of a client program of the run. The run
     * gives them a name that no other session has.
     */
    public static final String OF_PROGRAM = "a.datname = pg_catalog.current_database() AND EXISTS (SELECT FROM "
            + RUN.sql()
            + " r WHERE r.name = a.application_name AND a.backend_start >= r.started AND a.usename = current_user)";

    private JournalTables() {
    }

    /** @return what the schema of our name is on a target; a journal is always complete */
    public static OwnSchema.Found find(Session target) {
        OwnSchema.Found found = OwnSchema.find(target, ALL);
        boolean whole = found.tables().size() == ALL.size();
        boolean other = found.state() == OwnSchema.State.OURS && !whole && found.tables().contains("run")
                || found.state() == OwnSchema.State.OTHER_VERSION;
        if (other) {
            // Nobody but the connecting user or a superuser can have written it.
            return found.by(target.text("reading the journal",
                    "SELECT coalesce(pg_catalog.min(version), 'unknown') FROM " + RUN.sql()));
        }
        return found.state() == OwnSchema.State.OURS && !whole
                ? new OwnSchema.Found(OwnSchema.State.FOREIGN, true, found.tables(), found.owner(),
                        "the journal in it is not whole", null)
                : found;
    }

    /**
     * @return whether a run has begun there and has not ended well
     * @throws Failure when the schema of our name is not ours
     */
    public static boolean exist(Session target) {
        OwnSchema.Found found = find(target);
        if (!found.usable()) {
            throw found.refusal("target");
        }
        return found.state() == OwnSchema.State.OURS;
    }
}
