-- Every state of a conversation and its messages has a name of its own, which is never used again: an answer that was made of a
-- state holds while it has that name, whoever writes. Each change gives a new one; nobody has to remember to. A conversation in
-- which nothing was said has none. Whoever makes one of these tables anew in a later migration makes its triggers anew, too.
-- PostgreSQL has triggers of another form: its own file of this number says the same.
ALTER TABLE conversations ADD COLUMN revision TEXT NOT NULL DEFAULT '';

UPDATE conversations SET revision = lower(hex(randomblob(16)));

CREATE TRIGGER conversations_change AFTER UPDATE ON conversations WHEN NEW.revision = OLD.revision
BEGIN
    UPDATE conversations SET revision = lower(hex(randomblob(16))) WHERE id = NEW.id;
END;

CREATE TRIGGER messages_come AFTER INSERT ON messages
BEGIN
    UPDATE conversations SET revision = lower(hex(randomblob(16))) WHERE id = NEW.conversation_id;
END;

CREATE TRIGGER messages_change AFTER UPDATE ON messages
BEGIN
    UPDATE conversations SET revision = lower(hex(randomblob(16))) WHERE id IN (OLD.conversation_id, NEW.conversation_id);
END;

CREATE TRIGGER messages_go AFTER DELETE ON messages
BEGIN
    UPDATE conversations SET revision = lower(hex(randomblob(16))) WHERE id = OLD.conversation_id;
END;
