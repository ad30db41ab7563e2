package lib.facts;

import java.util.Locale;

/** A kind of what is compared: of the objects that the catalogs know, or of what a side holds. */
public enum FactKind {
    ACCESS_METHOD,
    AGGREGATE,
    CAST,
    CATALOG_SEQUENCE,
    CHUNK,
    CHUNK_COLUMN,
    CHUNK_CONSTRAINT,
    CHUNK_INDEX,
    CHUNK_SKIPPING,
    CHUNK_TRIGGER,
    COLLATION,
    COLUMN,
    COMPOSITE_TYPE,
    COMPRESSED_CHUNK,
    CONSTRAINT,
    CONTINUOUS_AGGREGATE,
    CONVERSION,
    DATABASE,
    DEFAULT_PRIVILEGES,
    DIMENSION,
    DOMAIN,
    DOMAIN_CONSTRAINT,
    ENUM,
    EVENT_TRIGGER,
    EXTENSION,
    FOREIGN_DATA_WRAPPER,
    FOREIGN_TABLE,
    FUNCTION,
    HYPERTABLE,
    HYPERTABLE_ROWS,
    INDEX,
    JOB,
    LANGUAGE,
    LARGE_OBJECT,
    LARGE_OBJECT_CONTENTS,
    MATERIALIZED_VIEW,
    MEMBERSHIP,
    OPERATOR,
    OPERATOR_CLASS,
    OPERATOR_FAMILY,
    PARAMETER_GRANT,
    PARTITIONED_TABLE,
    POLICY,
    PROCEDURE,
    PUBLICATION,
    PUBLISHED_SCHEMA,
    PUBLISHED_TABLE,
    RANGE,
    RESTORING_MODE,
    ROLE,
    ROUTINE,
    ROWS,
    ROW_CONTENTS,
    RULE,
    SCHEMA,
    SEQUENCE,
    SEQUENCE_VALUE,
    SERVER,
    SETTING,
    STATISTICS,
    SUBSCRIPTION,
    SYSTEM_OBJECT,
    TABLE,
    TEXT_SEARCH_CONFIGURATION,
    TEXT_SEARCH_DICTIONARY,
    TEXT_SEARCH_PARSER,
    TEXT_SEARCH_TEMPLATE,
    TRANSFORM,
    TRIGGER,
    TYPE,
    USER_MAPPING,
    VIEW,
    WINDOW_FUNCTION;

    /**
     * @param word as the queries and PostgreSQL's commands have it, such as {@code foreign-data wrapper}
     * @throws IllegalArgumentException when there is no such kind
     */
    public static FactKind of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT).replace(' ', '_').replace('-', '_'));
    }

    /** @return its name, for the operator */
    public String word() {
        return this == FOREIGN_DATA_WRAPPER ? "foreign-data wrapper"
                : name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
