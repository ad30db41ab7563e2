#!/bin/sh
# Writes the class path of every library that pom.xml names to FOLDER/class-path. Maven is asked only when that file has changed or a
# library has gone from its local repository.
# usage: class-path.sh FOLDER
set -eu
folder=$1
mkdir -p "$folder"

complete() {
    IFS=:
    for library in $(cat "$folder/class-path"); do
        [ -f "$library" ] || return 1
    done
}

if [ -f "$folder/class-path" ] && cmp -s pom.xml "$folder/class-path.pom" && (complete); then
    exit 0
fi

command -v mvn >/dev/null || {
    echo "make: error: Maven is needed to fetch the libraries; run: sudo apt-get install -y maven" >&2
    exit 1
}
echo "fetching the libraries that pom.xml names" >&2
# A copy, so that what is compared next time is what Maven has read, and what it writes is beside it.
cp pom.xml "$folder/pom.xml"
mvn -B -q -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile=class-path.new </dev/null >"$folder/maven.log" 2>&1 || {
    cat "$folder/maven.log" >&2
    exit 1
}
mv "$folder/class-path.new" "$folder/class-path"
mv "$folder/pom.xml" "$folder/class-path.pom"
