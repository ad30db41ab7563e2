# What can be done here, as targets. Written for GNU make 4.3 and for the 3.81 that macOS brings.

BUILD ?= build
TESTS ?=
JAVA_BIN := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)
SOURCES := $(wildcard lib/*/*.java scripts/*.java tests/*/*.java tests/lib/*/*.java)
FOLDERS := $(wildcard lib lib/* scripts tests tests/* tests/lib/*)
CLASS_PATH = $(BUILD)/classes:$$(cat $(BUILD)/class-path)

# The runbook: connection strings from the environment or from make's command line, files in DIR. What a step's command offers beyond
# what the runbook says goes into ROLES_OPTIONS, DUMP_OPTIONS, ALIGN_OPTIONS, RESTORE_OPTIONS and VERIFY_OPTIONS.
DIR ?= migration
JOBS ?= 4
FORMAT ?= directory
RESTORE ?= restore-postgres
ROUTES = from-postgres from-timescaledb from-rds from-mst to-mst
export SOURCE TARGET

# These values are parts of file names and command lines, so that they are looked at before the first step, as they were written.
ifneq ($(filter $(ROUTES) roles dump align restore analyze verify,$(MAKECMDGOALS)),)
SPECIAL := " ' ` $$ \ ; : * ? [ ] ~ & | < > ( ) { } ! % = ^ , \#
one-of = $(if $(filter 1,$(words $(value $1))),$(filter $2,$3))
digits = $(subst 1,0,$(subst 2,0,$(subst 3,0,$(subst 4,0,$(subst 5,0,$(subst 6,0,$(subst 7,0,$(subst 8,0,$(subst 9,0,$1)))))))))
ifneq ($(words $(value DIR)) $(value DIR),1 $(filter-out -%,$(foreach character,$(SPECIAL),$(findstring $(character),$(value DIR)))$(value DIR)))
$(error DIR is "$(strip $(value DIR))", and must be the name of a folder without blanks, quotes and other special characters, not beginning with -)
endif
ifneq ($(findstring ^$(patsubst %/,%,$(abspath $(DIR)))/,^$(CURDIR)/),)
$(error DIR is "$(DIR)", and must be a folder of its own: this one holds the folder that make runs in)
endif
ifneq ($(wildcard $(DIR)),$(patsubst %/.,%,$(wildcard $(DIR)/.)))
$(error DIR is "$(DIR)", and must be a folder)
endif
# A hint may have it removed as a whole.
OTHERS := $(filter-out $(addprefix $(DIR)/,roles.% align.% dump dump.% restore.%),$(wildcard $(DIR)/* $(DIR)/.[!.]* $(DIR)/..?*))
ifneq ($(OTHERS),)
$(error DIR is "$(DIR)", and must be a folder for the files of these steps alone, but it holds "$(firstword $(OTHERS))"; name another one, which need not exist)
endif
ifeq ($(and $(call one-of,JOBS,0 00 000,$(call digits,$(value JOBS))),$(filter-out 0 00 000,$(value JOBS))),)
$(error JOBS is "$(strip $(value JOBS))", and must be a number from 1 to 999)
endif
ifeq ($(call one-of,FORMAT,plain custom directory,$(value FORMAT)),)
$(error FORMAT is "$(strip $(value FORMAT))", and must be plain, custom or directory)
endif
ifeq ($(call one-of,RESTORE,restore-postgres restore-timescale,$(value RESTORE)),)
$(error RESTORE is "$(strip $(value RESTORE))", and must be restore-postgres or restore-timescale)
endif
endif

.PHONY: $(ROUTES) folder roles dump align restore analyze verify help test soak compile check format bench matrix docs dist demo demo-timescale trixie-root clean packages class-path
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ' ## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: packages check ## run all tests, or some: make test TESTS="DsnTest VerifyTest"
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" testbed.RunTests $(BUILD)/classes $(TESTS)

soak: packages check ## run the tests that try random moments and large databases, thoroughly
	@TSMIGRATE_SOAK=1 $(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" testbed.RunTests $(BUILD)/classes $(TESTS)

compile: class-path $(BUILD)/classes/compiled

check: compile $(BUILD)/indexed $(BUILD)/formatted ## compile everything, warnings are errors; see that it is formatted

format: ## format all Java files
	@mvn -B -q formatter:format impsort:sort </dev/null

bench: packages compile ## time ways to move a database: WORKLOADS=timeseries,oltp CONTENDERS=recipe,pgcopydb,migrate ROUNDS=1 SCALE=0.2
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" bench.Bench WORKLOADS=$(WORKLOADS) CONTENDERS=$(CONTENDERS) \
		ROUNDS=$(ROUNDS) SCALE=$(SCALE) LINKED=$(LINKED) MINUTES=$(MINUTES) RESULTS=$(RESULTS)

matrix: packages compile ## move a database from each version of PostgreSQL to each, with each Java: MAJORS=13,17 RESULTS=docs
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" matrix.Matrix MAJORS=$(MAJORS) RESULTS=$(RESULTS)

docs: compile ## write the tables of docs/ that come from the code: options, exit codes, rules for roles
	@$(JAVA_BIN)java -cp "$(CLASS_PATH)" testbed.MadePages

dist: compile ## write the catalog as files to publish, with nothing left to compile, to build/dist
	@$(JAVA_BIN)java -XX:+UseSerialGC -cp "$(CLASS_PATH)" dist.Dist $(BUILD)/dist

demo: packages compile ## see a migration between two throw-away servers
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" demo.Demo

demo-timescale: packages compile ## the same with TimescaleDB, in a Debian root folder
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" demo.Demo timescale

trixie-root: packages compile ## make the Debian root folder with TimescaleDB that some tests use
	@$(JAVA_BIN)java -cp "$(CLASS_PATH)" testbed.TrixieRoot

from-postgres: restore ## the runbook below as a whole: SOURCE=… TARGET=…

from-timescaledb: RESTORE = restore-timescale
from-timescaledb: restore ## the same for a database with TimescaleDB

from-rds: restore ## the same from Amazon RDS

from-mst: RESTORE = restore-timescale
from-mst: restore ## the same from Managed Service for TimescaleDB

to-mst: RESTORE = restore-timescale
to-mst: restore ## the same to Managed Service for TimescaleDB, with TimescaleDB: TARGET=…/defaultdb

# A step's command leaves its own file in DIR, which names both databases: done for them, it is not done again; for others, it is refused.
step = $(info ./jbang $(strip $(1) $($(2))))./jbang $(1) $($(2)) || { code=$$?; echo "make: hint: once that is mended, run the same make again; options of $(firstword $(1)) go into $(2)$(3)" >&2; exit $$code; }

# After a death, a step goes on with what it has left, unless its options say to begin anew.
resume = $(if $(filter $(1),$(2)),,--resume)

roles: folder ## write the source's roles to a file and create them on the target
	@$(call step,dump-roles --out $(DIR)/roles.sql --overwrite --apply --step-file $(DIR)/roles.done,ROLES_OPTIONS)

dump: folder ## dump the source, with a manifest
	@$(call step,dump --out $(DIR)/dump --format $(FORMAT) $(if $(filter directory,$(FORMAT)),--jobs $(JOBS)) $(call resume,--overwrite,$(DUMP_OPTIONS)) --step-file $(DIR)/dump.done,DUMP_OPTIONS)

align: roles ## create the source's extensions on the target
	@$(call step,align-version --step-file $(DIR)/align.done,ALIGN_OPTIONS)

restore: align dump ## load the dump into the target
	@$(call step,$(RESTORE) $(call resume,--restart,$(RESTORE_OPTIONS)) --jobs $(JOBS) --step-file $(DIR)/restore.done $(DIR)/dump,RESTORE_OPTIONS,; a dump that has to be made anew goes into another folder: DIR=FOLDER)

analyze: restore ## statistics for the planner: the last step of restore

verify: ## compare both sides, each time
verify $(ROUTES):
	@$(call step,verify --permitted --join-owners --jobs $(JOBS),VERIFY_OPTIONS)

folder:
	@mkdir -m 700 -p $(DIR)

clean: ## remove what was built here
	rm -rf $(BUILD)

# Nobody names two of these at once; without any it is for the tests.
packages:
	@sh tests/testbed/packages.sh $(BUILD) $(firstword $(filter soak bench demo demo-timescale trixie-root,$(MAKECMDGOALS)) test)

class-path:
	@sh tests/testbed/class-path.sh $(BUILD)

# Compiled as a whole and put in place by a rename, so that classes of deleted files do not linger.
$(BUILD)/classes/compiled: $(SOURCES) $(FOLDERS) $(BUILD)/class-path
	@echo "compiling $(words $(SOURCES)) files"
	@rm -rf $(BUILD)/classes.new
	@$(JAVA_BIN)javac -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 --release 17 -encoding UTF-8 -proc:none -Xlint:all -Xlint:-auxiliaryclass -Werror \
		-d $(BUILD)/classes.new -cp "$$(cat $(BUILD)/class-path)" $(SOURCES)
	@rm -rf $(BUILD)/classes && mv $(BUILD)/classes.new $(BUILD)/classes && touch $@

$(BUILD)/class-path: | class-path
	@:

# JBang, which some tests run, would build for minutes from indexes that lead back to each other.
$(BUILD)/indexed: $(BUILD)/classes/compiled
	@$(JAVA_BIN)java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp $(BUILD)/classes house.RoomIndexes
	@touch $@

# What is formatted stays so until a file changes.
$(BUILD)/formatted: $(SOURCES) $(FOLDERS) pom.xml tests/house/eclipse-formatter.xml
	@mkdir -p $(BUILD)
	@mvn -B -q formatter:validate impsort:check </dev/null >$(BUILD)/format.log 2>&1 || \
		{ cat $(BUILD)/format.log >&2; echo "make: hint: if files are not formatted, run: make format" >&2; exit 1; }
	@touch $@
