-- What comes late in a group stands where its author wrote it: the numbers of messages are far enough apart for that.
ALTER TABLE chat_messages ADD COLUMN written {int};  -- in groups: when its author wrote it, each later than the one before; unix ms
CREATE INDEX chat_messages_written ON chat_messages (chat, author, written) WHERE written IS NOT NULL;

-- The highest number that was given to a message.
CREATE TABLE chat_numbers (
  last {int} NOT NULL
);
INSERT INTO chat_numbers (last)
  SELECT COALESCE(max(n), 0) FROM (SELECT max(id) AS n FROM chat_messages UNION ALL SELECT max(read_upto) FROM chats) AS given;
