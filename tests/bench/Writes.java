package bench;

/**
 * What an application writes between two passes.
 *
 * @param contents what was written, in words
 * @param statements as {@link Scripts} has them
 * @param undoing the statements that leave the source as it was before, for the next contender
 */
record Writes(String contents, String statements, String undoing) {
}
