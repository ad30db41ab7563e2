//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.List;
import lib.server.Session;

/**
 * What a session that makes indexes asks of the server; it ends with the session (PostgreSQL manual, 20.4.1 and
 * 20.5.1).
 */
final class LoadSettings {
    private LoadSettings() {
    }

    /**
     * @param target a session on the target
     * @param sessions how many make indexes at once
     * @param helped whether each may have processes that help it, which cost more processor time than they save
     * @return settings as SET takes them: all sessions together may take as much memory as the server's buffers, and as
     * many workers as it has
     */
    static List<String> of(Session target, int sessions, boolean helped) {
        return target.texts("asking for the size of the server", """
                SELECT 'maintenance_work_mem = ''' || greatest(least(b.setting::bigint * 8 / %1$d, 1024 * 1024),
                  m.setting::bigint) || 'kB'''
                  FROM pg_catalog.pg_settings b, pg_catalog.pg_settings m WHERE b.name = 'shared_buffers'
                    AND m.name = 'maintenance_work_mem'
                UNION ALL SELECT 'max_parallel_maintenance_workers = ' || setting::int / %1$d * %2$d
                  FROM pg_catalog.pg_settings WHERE name = 'max_parallel_workers'
                -- The last step waits until everything is on disk.
                UNION ALL SELECT 'synchronous_commit = off'""".formatted(sessions, helped ? 1 : 0));
    }
}
