-- Every state of a conversation and its messages has a name of its own, which is never used again: an answer that was made of a
-- state holds while it has that name, whoever writes. Each change gives a new one; nobody has to remember to. A conversation in
-- which nothing was said has none. Whoever makes one of these tables anew in a later migration makes its triggers anew, too.
-- SQLite has triggers of another form: its own file of this number says the same.
ALTER TABLE conversations ADD COLUMN revision TEXT NOT NULL DEFAULT '';

UPDATE conversations SET revision = CAST(gen_random_uuid() AS TEXT);

CREATE FUNCTION conversation_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := CAST(gen_random_uuid() AS TEXT);
    RETURN NEW;
END
$$;

CREATE TRIGGER conversations_change BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION conversation_changes();

-- The trigger above gives the new name: whatever is updated there.
CREATE FUNCTION messages_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE conversations SET revision = '' WHERE id = OLD.conversation_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE conversations SET revision = '' WHERE id = NEW.conversation_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER messages_change AFTER INSERT OR UPDATE OR DELETE ON messages FOR EACH ROW EXECUTE FUNCTION messages_change();

CREATE FUNCTION messages_vanish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversations SET revision = '';
    RETURN NULL;
END
$$;

CREATE TRIGGER messages_vanish AFTER TRUNCATE ON messages FOR EACH STATEMENT EXECUTE FUNCTION messages_vanish();
