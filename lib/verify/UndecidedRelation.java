package lib.verify;

/**
 * A relation of which a comparison cannot say whether its rows are right.
 *
 * @param relation its name as differences show it
 * @param why what is the matter
 * @param remedy the command that decides it
 */
record UndecidedRelation(String relation, String why, String remedy) {
    /** @return one line */
    @Override
    public String toString() {
        return relation + ": " + why + "; " + remedy;
    }
}
