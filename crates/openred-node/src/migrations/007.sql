-- What is not read is counted from the index alone.
DROP INDEX chat_messages_new;
CREATE INDEX chat_messages_new ON chat_messages (chat, id) WHERE author <> 0 AND state < 4 AND kind = 0 AND body IS NOT NULL;

-- The index of search follows the messages from now on, and begins anew.
DELETE FROM search_words;
DELETE FROM network_state WHERE key = 'search_indexed';
