-- What is done about the learner's mistakes in a conversation; null in those that are older than the choice: by their level.
ALTER TABLE conversations ADD COLUMN correction TEXT CHECK (correction IN ('inline', 'after', 'off'));
