package lib.convert;

/**
 * What the file says of one thing that cannot stay.
 *
 * @param line of the file
 * @param of the table that has it, which is another one for a foreign key that references the hypertable
 */
record Change(int line, Subject subject, String name, TableName of, Treatment becomes) {
    boolean isOf(Obstacle obstacle) {
        return subject == obstacle.subject() && name.equals(obstacle.name()) && of.equals(obstacle.of());
    }
}
