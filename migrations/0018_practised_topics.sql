-- How many topics of its scenario a conversation went through. What was practised before counts as it did.
ALTER TABLE practices ADD COLUMN topics BIGINT NOT NULL DEFAULT 1;
