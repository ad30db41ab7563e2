//SOURCES Contents.java DumpFormat.java Extensions.java Finishing.java Loading.java Manifest.java Ownership.java RestoreCheck.java ScriptDelivery.java Sql.java
//SOURCES TargetDatabase.java Tool.java Uncarried.java
package lib;

import java.util.ArrayList;
import java.util.List;

/** What a restore would do, as commands of a shell and statements of SQL. */
final class RestorePlan {
    private final Manifest manifest;
    private final RestoreCheck.Order order;
    private final Tool tool;
    private final TargetDatabase target;

    RestorePlan(Manifest manifest, RestoreCheck.Order order, Tool tool, TargetDatabase target) {
        this.manifest = manifest;
        this.order = order;
        this.tool = tool;
        this.target = target;
    }

    /** @return one line for each command or statement */
    List<String> lines(List<Extensions.Extension> extensions, Uncarried uncarried) {
        Contents contents = manifest.contents();
        String database = target.dsn().database();
        List<String> lines = new ArrayList<>();
        if (target.missing()) {
            lines.add(sql("CREATE DATABASE " + Sql.ident(database) + " " + manifest.source().creation()));
        }
        extensions.forEach(extension -> Extensions.create(extension).forEach(statement -> lines.add(sql(statement))));
        boolean plain = manifest.dump().format().equals(DumpFormat.PLAIN.word());
        if (plain) {
            lines.add(tool.shown("psql", target.dsn(), ScriptDelivery.arguments(order.in(), contents)));
        } else {
            lines.add(restore("pre-data", 1));
            lines.add(restore("data", order.jobs()));
            lines.add(restore("post-data", order.jobs()));
        }
        contents.sequences().forEach(sequence -> lines.add(sql(Finishing.setting(sequence))));
        if (!plain && !order.noOwner()) {
            Loading.objects(contents, uncarried).stream().filter(object -> !object.part()).forEach(object -> lines.add(sql(Ownership.giving(object))));
        }
        if (!order.noPrivileges()) {
            contents.of(database, contents.privileges()).forEach(statement -> lines.add(sql(statement)));
        }
        if (!plain) {
            contents.materializedViews().forEach(view -> lines.add(sql("REFRESH MATERIALIZED VIEW " + view.sql())));
        }
        contents.analyzed().forEach(relation -> lines.add(sql("ANALYZE " + relation.sql())));
        contents.of(database, contents.settings()).forEach(statement -> lines.add(sql(statement)));
        return lines;
    }

    private static String sql(String statement) {
        return statement + ";";
    }

    private String restore(String section, int jobs) {
        List<String> arguments = new ArrayList<>(List.of("--section=" + section, "--no-owner"));
        // Privileges come with the last section, as they stand in the archive.
        if (order.noPrivileges() || !section.equals("post-data")) {
            arguments.add("--no-privileges");
        }
        if (jobs > 1) {
            arguments.add("--jobs=" + jobs);
        }
        arguments.add(order.in().toString());
        return tool.shown("pg_restore", target.dsn(), arguments);
    }
}
