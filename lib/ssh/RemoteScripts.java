package lib.ssh;

/**
 * The POSIX shell scripts of a run on another machine. Each takes the folder of the run, below the home folder, as its
 * first argument. In that folder there are {@code pid}, {@code err} and {@code out} from the beginning of the run and
 * {@code code} from its end.
 */
final class RemoteScripts {
    /** The file of the summary. */
    static final String SUMMARY = "summary";

    /** Whether the run goes on; after a restart of the machine another process may have its number. */
    private static final String ALIVE = """
            alive() { [ "$(readlink "/proc/$(cat pid 2>/dev/null || echo none)/cwd")" = "$(pwd -P)" ]; }
            """;

    /** Makes the folder, and tells how the run stands, and which Java there is. */
    static final String LOOK = ALIVE + """
            umask 077
            mkdir -p "$HOME/$1" && chmod 700 "$HOME/$1" && cd "$HOME/$1" || exit 1
            if [ -e code ]; then echo ended; elif alive; then echo running; elif [ -e pid ]; then echo lost; else echo \
            new; fi
            java -XX:-UsePerfData -version 2>&1 | sed -n 's/^[^"]*version "\\([0-9]*\\).*/\\1/p'
            """;

    /** Writes stdin to the file named by the second argument. */
    static final String RECEIVE = """
            umask 077
            cd "$HOME/$1" && cat >"$2.part" && mv "$2.part" "$2"
            """;

    /** Extracts the tar archive on stdin, which is the toolkit. */
    static final String UNPACK = """
            umask 077
            mkdir -p "$HOME/$1/toolkit" && tar -x -f - -C "$HOME/$1/toolkit"
            """;

    /**
     * A function that installs the first package of several that is to be had. A machine that has just been made is
     * still busy with its own packages for a while.
     */
    private static final String INSTALL = """
            as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
            get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y "$@" </dev/null; }
            install() {
                command -v apt-get || { echo 'this machine has no apt-get' >&2; return 1; }
                as_root true || return 1
                get update || { sleep 20; get update; } || :
                for package; do
                    get install --no-install-recommends "$package" && return
                done
                return 1
            }
            """;

    /** Installs a Java runtime. */
    static final String INSTALL_JAVA = INSTALL + """
            cd "$HOME/$1" || exit 1
            install openjdk-21-jre-headless openjdk-17-jre-headless default-jre-headless >install.log 2>&1 || { tail \
            -n 4 install.log; exit 1; }
            """;

    /**
     * Starts the run, apart from this connection. The connection strings are read from stdin, a line each, into a file
     * of mode 0600, which the run reads and removes as the first thing that it does. A second caller starts nothing.
     */
    static final String START = """
            umask 077
            cd "$HOME/$1" || exit 1
            IFS= read -r source && IFS= read -r target || exit 1
            if mkdir started 2>/dev/null; then
                mkdir -p tmp
                printf '%s\n' "$source" "$target" >secrets
                TMPDIR=$PWD/tmp setsid sh run.sh </dev/null >/dev/null 2>&1 &
            fi
            tries=0
            while [ ! -e pid ] && [ $tries -lt 10 ]; do sleep 1; tries=$((tries + 1)); done
            [ -e pid ] || { rm -f secrets; rmdir started; exit 1; }
            """;

    /** Writes what the run says, from the byte that the second argument counts from 1, until it ends. */
    static final String FOLLOW = ALIVE + """
            cd "$HOME/$1" || exit 1
            tail -c "+$2" -f err &
            while [ ! -e code ] && alive; do sleep 1; done
            kill $! 2>/dev/null
            exit 0
            """;

    /**
     * Writes a line with the exit code, or - if there is none, and the sizes in bytes of what follows: what the run
     * said from the byte that the second argument counts, its stdout, its summary. Nothing, if the run was brought
     * away.
     */
    static final String COLLECT = """
            cd "$HOME/$1" 2>/dev/null || exit 0
            tail -c "+$2" err >rest
            touch out summary
            echo "$(cat code 2>/dev/null || echo -) $(wc -c <rest) $(wc -c <out) $(wc -c <summary)"
            cat rest out summary
            """;

    /** Ends a run as SIGTERM does; it says so, and puts back what it must. */
    static final String STOP = """
            cd "$HOME/$1" && kill -s TERM -- "-$(cat pid)"
            """;

    static final String REMOVE = """
            rm -rf "$HOME/$1"
            """;

    private static final String RUN = INSTALL + """
            umask 077
            export LC_ALL=C.UTF-8 TSMIGRATE_PROGRESS=1
            exec >out 2>err
            { IFS= read -r source && IFS= read -r target; } <secrets
            rm -f secrets
            echo $$ >pid.part && mv pid.part pid
            stopped=
            trap stopped=143 TERM
            trap '' HUP INT
            # No other program is told. The options are those of the commands themselves; performance data would stay \
            in /tmp.
            tool() { SOURCE=$source TARGET=$target java -XX:-UsePerfData -XX:+UseSerialGC -Xmn16m \
            -XX:MaxRAMPercentage=60 -XX:TieredStopAtLevel=1 -cp '%4$s' "$@"; }
            preflight() { rm -f client; tool %1$s --client-needed client %5$s; }
            migrate() { tool %2$s; }
            preflight
            code=$?
            if [ $code = 3 ] && [ -s client ] && [ -z "$stopped" ]; then
                package=postgresql-client-$(cat client)
                echo "installing $package" >&2
                if install "$package" >install.log 2>&1 || { get install postgresql-common && as_root sh -c \
            '/usr/share/postgresql-common/pgdg/apt.*.sh -y' \\
                        && install "$package"; } >>install.log 2>&1; then
                    preflight
                    code=$?
                else
                    tail -n 4 install.log >&2
                fi
            fi
            if %6$s && [ -z "$stopped" ]; then
                migrate
                code=$?
            fi
            rm -rf tmp
            echo "${stopped:-$code}" >code.part && mv code.part code
            """;

    private RemoteScripts() {
    }

    /**
     * The script that stays with the run, asks first and migrates then, and writes down how that ended. Client programs
     * that are missing are installed when preflight has written their major version into the file {@code client}: it is
     * the first that knows both servers.
     *
     * @param preflight the class and the arguments of preflight, as words of a shell
     * @param migrate those of migrate
     */
    static String run(String preflight, String migrate) {
        return script(preflight, migrate + " --out " + SUMMARY, ">&2", "[ $code = 0 ]");
    }

    /**
     * The script of a machine that helps: what it asks first says which client programs it needs, and that a run is at
     * work on the target, which is what it is there for.
     */
    static String help(String preflight, String join) {
        return script(preflight, join, ">/dev/null 2>&1", "true");
    }

    private static String script(String preflight, String migrate, String said, String permitted) {
        return RUN.formatted(preflight, migrate, SUMMARY, Toolkit.CLASS_PATH, said, permitted);
    }
}
