-- Calls by how good they were: operators look for the bad ones.
CREATE INDEX call_records_by_score ON call_records (score, conversation_id);
