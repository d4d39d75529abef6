-- A session that is being ended takes no more turns, while its files and its conversation go.
ALTER TABLE sessions ADD COLUMN closing BIGINT NOT NULL DEFAULT 0;
