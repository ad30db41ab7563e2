package lib.facts;

import java.util.List;
import lib.server.FactQuery;

/**
 * What the catalogs know about the roles that a database has to do with: those that its objects, privileges, policies
 * and settings mention (pg_shdepend, PostgreSQL manual, 53.49), their members, and the roles that all these are members
 * of. Roles that begin with {@code pg_} and the bootstrap superuser are not the user's.
 */
final class RoleFacts {
    /** Owners of the objects of extensions are not compared, so nothing has to do with them. */
    private static final String RELEVANT = """
            WITH RECURSIVE this AS (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()),
            mentioned(oid) AS (
              SELECT s.refobjid FROM pg_shdepend s, this
               WHERE s.refclassid = 'pg_authid'::regclass
                 AND (s.dbid = this.oid OR s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = this.oid)
                 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = s.classid AND x.objid = s.objid
                   AND x.deptype = 'e')
              UNION SELECT s.setrole FROM pg_db_role_setting s, this WHERE s.setdatabase = this.oid),
            members(oid) AS (
              SELECT m.oid FROM mentioned m JOIN pg_roles r ON r.oid = m.oid WHERE r.rolname !~ '^pg_' AND r.oid <> 10
              UNION SELECT a.member FROM members m JOIN pg_auth_members a ON a.roleid = m.oid WHERE a.member <> 10),
            relevant(oid) AS (
              SELECT m.oid FROM members m
              UNION SELECT a.roleid FROM relevant r JOIN pg_auth_members a ON a.member = r.oid
                      JOIN pg_roles g ON g.oid = a.roleid WHERE g.rolname !~ '^pg_' AND g.oid <> 10)
            """;

    private static final FactQuery ROLES = FactQuery.ofDatabase("role", "{source: " + RELEVANT + """
            else} SELECT 'role' AS kind, {name r.rolname} AS identity, NULL AS parent, r.rolname AS "of role",
                   CASE WHEN r.rolsuper THEN 'yes' ELSE 'no' END AS superuser, CASE WHEN r.rolinherit THEN 'yes'
                     ELSE 'no' END AS inherit,
                   CASE WHEN r.rolcreaterole THEN 'yes' ELSE 'no' END AS createrole, CASE WHEN r.rolcreatedb THEN 'yes'
                     ELSE 'no' END AS createdb,
                   CASE WHEN r.rolcanlogin THEN 'yes' ELSE 'no' END AS login, CASE WHEN r.rolreplication THEN 'yes'
                     ELSE 'no' END AS replication,
                   CASE WHEN r.rolbypassrls THEN 'yes' ELSE 'no' END AS bypassrls,
                   r.rolconnlimit::text AS "connection limit", r.rolvaliduntil::text AS "valid until",
                   shobj_description(r.oid, 'pg_authid') AS comment
              FROM pg_roles r WHERE {source: r.oid IN (SELECT v.oid FROM relevant v) else true}""");

    /**
     * Before 16 a membership is inherited as the member says, and there is no SET option. From 16 on CREATE ROLE makes
     * its user an administrator of the new role, by a grant of the bootstrap superuser (PostgreSQL manual, CREATE
     * ROLE); nobody has asked for that.
     */
    private static final FactQuery MEMBERSHIPS = FactQuery.ofDatabase("membership", "{source: " + RELEVANT + """
            else} SELECT 'membership' AS kind, {name m.rolname} || ' in ' || {name r.rolname} AS identity,
                   'role ' || {name m.rolname} || chr(31) || 'role ' || {name r.rolname} AS parent,
                   m.rolname AS "of role", r.rolname AS "of name",
                   {both since 16: CASE WHEN bool_or(a.inherit_option) THEN 'yes' ELSE 'no' END AS inherit,
                    CASE WHEN bool_or(a.set_option) THEN 'yes' ELSE 'no' END AS set,}
                   CASE WHEN bool_or(a.admin_option{since 16: AND NOT (a.grantor = 10 AND NOT a.inherit_option
                     AND NOT a.set_option)})
                     THEN 'yes' ELSE 'no' END AS admin
              FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
             WHERE {source: m.oid IN (SELECT v.oid FROM relevant v) AND r.oid <> 10 else true}
             GROUP BY m.rolname, r.rolname""");

    /** That of a database that is closed to writers, as for a move, stays behind. */
    private static final FactQuery SETTINGS = FactQuery.ofDatabase("setting", "{source: " + RELEVANT + """
            else WITH this AS (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())}
            SELECT 'setting' AS kind,
                   CASE WHEN r.oid IS NULL THEN 'the database' WHEN s.setdatabase = 0 THEN 'role ' || {name r.rolname}
                     ELSE 'role ' || {name r.rolname} || ' in the database' END || ': ' || split_part(o, '=', 1)
                       AS identity,
                   'role ' || {name r.rolname} AS parent, r.rolname AS "of role", split_part(o, '=', 1) AS "of name",
                   CASE WHEN s.setdatabase <> 0 THEN 'yes' END AS "of database", substr(o, strpos(o, '=') + 1) AS "is"
              FROM this, pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) o
             WHERE (s.setdatabase = this.oid OR s.setdatabase = 0 AND r.oid IS NOT NULL)
               AND NOT (r.oid IS NULL AND o ~* '^default_transaction_read_only=(on|t|tr|tru|true|y|ye|yes|1)$')
               AND {source: (r.oid IS NULL OR r.oid IN (SELECT v.oid FROM relevant v)) else true}""");

    private static final FactQuery DEFAULT_PRIVILEGES = FactQuery.ofDatabase("default privileges",
            """
            SELECT 'default privileges' AS kind,
                   'of ' || {name r.rolname} || CASE WHEN n.oid IS NULL THEN ''
                     ELSE ' in schema ' || {name n.nspname} END || ' on '
                     || d.kind AS identity,
                   'role ' || {name r.rolname} || coalesce(chr(31) || 'schema ' || {name n.nspname}, '') AS parent,
                   r.rolname AS "of role", n.nspname AS "of schema", d.kind AS "of name",
                   {grants r d.defaclacl d.defaclrole} AS grant
              FROM (SELECT a.*, CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
                      WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas'
                      ELSE 'large objects' END AS kind FROM pg_default_acl a) d
                JOIN pg_roles r ON r.oid = d.defaclrole LEFT
                JOIN pg_namespace n ON n.oid = d.defaclnamespace""");

    /** Parameters can be granted from 15 on. */
    private static final FactQuery PARAMETER_GRANTS = FactQuery.ofDatabase("parameter grant", """
            {since 15: {source: %s else} SELECT 'parameter grant' AS kind, p.parname || ' to ' || {name r.rolname}
              AS identity,
                   'role ' || {name r.rolname} AS parent, p.parname AS "of name", r.rolname AS "of role",
                   string_agg(e.privilege_type || CASE WHEN e.is_grantable THEN ' with grant option' ELSE '' END, ', '
                     ORDER BY e.privilege_type)
                     AS "is"
              FROM pg_parameter_acl p, aclexplode(p.paracl) e JOIN pg_roles r ON r.oid = e.grantee
             WHERE {source: r.oid IN (SELECT v.oid FROM relevant v) else true} GROUP BY p.parname, r.rolname
             else SELECT '' AS kind, '' AS identity, '' AS parent, '' AS "is" WHERE false}""".formatted(RELEVANT));

    private RoleFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(ROLES, MEMBERSHIPS, SETTINGS, DEFAULT_PRIVILEGES, PARAMETER_GRANTS);
    }
}
