#!/bin/sh
# Writes the class path of every library that a //DEPS line of the sources names to FOLDER/class-path. Maven is asked only when those
# lines have changed or a library has gone from its local repository.
# usage: class-path.sh FOLDER
set -eu
folder=$1
mkdir -p "$folder"
wanted=$folder/deps.$$
trap 'rm -f "$wanted"' EXIT

cat lib/*/*.java scripts/*.java tests/*.java tests/*/*.java 2>/dev/null |
    sed -n 's|^//DEPS ||p' | tr -s ' \t\r' '\n\n\n' | sed '/^$/d' | sort -u >"$wanted"

complete() {
    IFS=:
    for library in $(cat "$folder/class-path"); do
        [ -f "$library" ] || return 1
    done
}

if [ -f "$folder/class-path" ] && cmp -s "$wanted" "$folder/deps" && (complete); then
    exit 0
fi

command -v mvn >/dev/null || {
    echo "make: error: Maven is needed to fetch the libraries; run: sudo apt-get install -y maven" >&2
    exit 1
}
echo "fetching the libraries that the sources name" >&2
{
    echo '<project><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>tsmigrate</groupId><artifactId>libraries</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    sed 's|\(.*\):\(.*\):\(.*\)|<dependency><groupId>\1</groupId><artifactId>\2</artifactId><version>\3</version></dependency>|' "$wanted"
    echo '</dependencies></project>'
} >"$folder/pom.xml"
mvn -B -q -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile=class-path.new </dev/null >"$folder/maven.log" 2>&1 || {
    cat "$folder/maven.log" >&2
    exit 1
}
mv "$folder/class-path.new" "$folder/class-path"
mv "$wanted" "$folder/deps"
