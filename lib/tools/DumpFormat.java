package lib.tools;

import lib.talk.Failure;

/** The formats of pg_dump that a dump may have (pg_dump manual, {@code --format}). */
public enum DumpFormat {
    PLAIN("plain", ".sql"),
    CUSTOM("custom", ".dump"),
    DIRECTORY("directory", "");

    private final String word;
    private final String ending;

    DumpFormat(String word, String ending) {
        this.word = word;
        this.ending = ending;
    }

    /**
     * @param text the name of a format or its first letter, as pg_dump takes it
     * @throws Failure usage, when there is no such format
     */
    public static DumpFormat of(String text) {
        for (DumpFormat format : values()) {
            if (text.equals(format.word) || text.equals(format.word.substring(0, 1))) {
                return format;
            }
        }
        throw Failure.usage("invalid format \"%s\": must be plain, custom or directory", text);
    }

    /** @return the name as pg_dump takes it */
    public String word() {
        return word;
    }

    /** @return what a name of this format usually ends with */
    public String ending() {
        return ending;
    }
}
