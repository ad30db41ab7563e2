# What can be done here, as targets. Written for GNU make 4.3 and for the 3.81 that macOS brings.

BUILD ?= build
TESTS ?=
JAVA_BIN := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)
SOURCES := $(wildcard lib/*.java scripts/*.java tests/*.java tests/*/*.java)
FOLDERS := $(wildcard lib scripts tests tests/testbed tests/bench)
CLASS_PATH = $(BUILD)/classes:$$(cat $(BUILD)/class-path)

# The runbook: connection strings from the environment or from make's command line, files in DIR.
DIR ?= migration
JOBS ?= 4
FORMAT ?= directory
RESTORE ?= restore-postgres
export SOURCE TARGET

.PHONY: from-postgres from-timescaledb from-rds from-mst to-mst roles dump align restore analyze verify help test soak check bench demo demo-timescale trixie-root clean packages class-path
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ' ## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: packages check ## run all tests, or some: make test TESTS="DsnTest VerifyTest"
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" RunTests $(BUILD)/classes $(TESTS)

soak: packages check ## run the tests that try random moments and large databases, thoroughly
	@TSMIGRATE_SOAK=1 $(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" RunTests $(BUILD)/classes $(TESTS)

check: class-path $(BUILD)/classes/compiled ## compile everything, warnings are errors

bench: packages check ## time ways to move a database: WORKLOADS=timeseries,oltp CONTENDERS=recipe,pgcopydb,migrate ROUNDS=1 SCALE=0.2
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" bench.Bench WORKLOADS=$(WORKLOADS) CONTENDERS=$(CONTENDERS) \
		ROUNDS=$(ROUNDS) SCALE=$(SCALE) LINKED=$(LINKED) MINUTES=$(MINUTES) RESULTS=$(RESULTS)

demo: packages check ## see a migration between two throw-away servers
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" Demo

demo-timescale: packages check ## the same with TimescaleDB, in a Debian root folder
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" Demo timescale

trixie-root: packages check ## make the Debian root folder with TimescaleDB that some tests use
	@$(JAVA_BIN)java -cp "$(CLASS_PATH)" testbed.TrixieRoot

from-postgres: verify ## the runbook below as a whole: SOURCE=… TARGET=…

from-timescaledb: RESTORE = restore-timescale
from-timescaledb: verify ## the same for a database with TimescaleDB

from-rds: verify ## the same from Amazon RDS

from-mst: RESTORE = restore-timescale
from-mst: verify ## the same from Managed Service for TimescaleDB

to-mst: RESTORE = restore-timescale
to-mst: verify ## the same to Managed Service for TimescaleDB, with TimescaleDB: TARGET=…/defaultdb

roles: $(DIR)/roles.applied ## write the source's roles to a file and create them on the target

dump: $(DIR)/dump.manifest.json ## dump the source, with a manifest

align: $(DIR)/extensions.aligned ## create the source's extensions on the target

restore: $(DIR)/restored ## load the dump into the target

analyze: restore ## statistics for the planner: the last step of restore

verify: $(DIR)/verified ## compare both sides

# Each step leaves a file when it is done, so that the next call of make goes on with what is missing.
$(DIR):
	@mkdir -m 700 -p $@

$(DIR)/roles.applied: | $(DIR)
	./jbang dump-roles --out $(DIR)/roles.sql --overwrite --apply
	@touch $@

$(DIR)/dump.manifest.json: | $(DIR)
	./jbang dump --out $(DIR)/dump --format $(FORMAT) $(if $(filter directory,$(FORMAT)),--jobs $(JOBS))

$(DIR)/extensions.aligned: $(DIR)/roles.applied
	./jbang align-version
	@touch $@

$(DIR)/restored: $(DIR)/roles.applied $(DIR)/extensions.aligned $(DIR)/dump.manifest.json
	./jbang $(RESTORE) --restart --jobs $(JOBS) $(DIR)/dump
	@touch $@

$(DIR)/verified: $(DIR)/restored
	./jbang verify --permitted --join-owners --jobs $(JOBS)
	@touch $@

clean: ## remove what was built here
	rm -rf $(BUILD)

packages:
	@sh tests/testbed/packages.sh $(BUILD)

class-path:
	@sh tests/testbed/class-path.sh $(BUILD)

# Compiled as a whole and put in place by a rename, so that classes of deleted files do not linger.
$(BUILD)/classes/compiled: $(SOURCES) $(FOLDERS) $(BUILD)/class-path
	@echo "compiling $(words $(SOURCES)) files"
	@rm -rf $(BUILD)/classes.new
	@$(JAVA_BIN)javac --release 17 -encoding UTF-8 -proc:none -Xlint:all -Xlint:-auxiliaryclass -Werror \
		-d $(BUILD)/classes.new -cp "$$(cat $(BUILD)/class-path)" $(SOURCES)
	@rm -rf $(BUILD)/classes && mv $(BUILD)/classes.new $(BUILD)/classes && touch $@

$(BUILD)/class-path: | class-path
	@:
