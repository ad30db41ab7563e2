//SOURCES Archive.java Delivery.java Extensions.java Jobs.java Refusal.java RowMover.java Schema.java Steps.java
package lib;

import java.util.List;
import java.util.function.UnaryOperator;

/** Tables first, then their rows, then what would slow the rows down or be fired by them: indexes, constraints, triggers. */
public final class StepwiseDelivery implements Delivery {
    private final Schema schema;
    private final RowMover rows;
    private final Archive archive;
    private final Steps steps;
    private final int jobs;

    public StepwiseDelivery(Schema schema, Archive archive, RowMover rows, Steps steps, int jobs) {
        this.schema = schema;
        this.archive = archive;
        this.rows = rows;
        this.steps = steps;
        this.jobs = jobs;
    }

    @Override
    public List<Extensions.Extension> ahead(List<Extensions.Extension> extensions) {
        return extensions;
    }

    @Override
    public void deliver(Jobs timescale) {
        steps.run("schema", () -> {
            schema.preData();
            return archive.relations() + " tables, views and sequences";
        });
        if (timescale != null) {
            steps.run("hypertables", () -> {
                rows.moveCatalog(timescale);
                return "known";
            });
        }
        rows.move();
        steps.run("indexes, constraints", () -> {
            schema.postData(jobs);
            if (schema.hasLateTables()) {
                rows.moveLate();
                schema.latePostData();
            }
            schema.comments();
            return "done";
        });
    }

    @Override
    public boolean complete() {
        return false;
    }

    @Override
    public List<Refusal> privileges(UnaryOperator<String> words) {
        return schema.grants(words);
    }

    @Override
    public void eventTriggers() {
        schema.eventTriggers();
    }

    @Override
    public String arrived() {
        return rows.arrived();
    }
}
