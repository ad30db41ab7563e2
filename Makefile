# What can be done here, as targets. Written for GNU make 4.3 and for the 3.81 that macOS brings.

BUILD ?= build
TESTS ?=
JAVA_BIN := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)
SOURCES := $(wildcard lib/*.java scripts/*.java tests/*.java tests/*/*.java)
FOLDERS := $(wildcard lib scripts tests tests/testbed)
CLASS_PATH = $(BUILD)/classes:$$(cat $(BUILD)/class-path)

.PHONY: help test check demo trixie-root clean packages class-path
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ' ## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: packages check ## run all tests, or some: make test TESTS="DsnTest VerifyTest"
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" RunTests $(BUILD)/classes $(TESTS)

check: class-path $(BUILD)/classes/compiled ## compile everything, warnings are errors

demo: packages check ## see a migration between two throw-away servers
	@$(JAVA_BIN)java -Xmx512m -XX:+UseSerialGC -cp "$(CLASS_PATH)" Demo

trixie-root: packages check ## make the Debian root folder with TimescaleDB that some tests use
	@$(JAVA_BIN)java -cp "$(CLASS_PATH)" testbed.TrixieRoot

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
