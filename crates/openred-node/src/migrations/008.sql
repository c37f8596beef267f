-- Circles: lists of friends, each with keys of its own (PROTOCOL §8). The group of a circle is no conversation.
CREATE TABLE circles (
  id {id},
  circle_id {blob} NOT NULL UNIQUE,     -- 16 bytes: of its first group, and its name in the owner's API
  owner {int} NOT NULL,                 -- 0 the owner of this node, else connections.id
  name {blob},                          -- sealed; of the owner's own alone, others never learn it
  mls_group {int} NOT NULL,             -- mls_groups.id: the newest
  created_at {int} NOT NULL,
  ended_at {int}                        -- deleted by its owner: nobody is in it any more, posts to it stay
);
CREATE INDEX circles_owner ON circles (owner, id);

-- Groups of MLS and whose circle they are: after a rotation the owner makes a new one.
CREATE TABLE circle_groups (
  mls_group {int} PRIMARY KEY,          -- mls_groups.id
  circle {int} NOT NULL
);

-- What was said in a circle about a post or comment that has not come yet.
CREATE TABLE circle_waiting (
  message_id {blob} PRIMARY KEY,
  circle {int} NOT NULL,
  target {blob} NOT NULL,               -- message id of the post or comment
  envelope {blob} NOT NULL,             -- sealed
  at {int} NOT NULL
);
CREATE INDEX circle_waiting_target ON circle_waiting (circle, target);
CREATE INDEX circle_waiting_at ON circle_waiting (at);

ALTER TABLE posts ADD COLUMN circle {int};       -- circles.id, where visibility is circle
CREATE INDEX posts_circle ON posts (circle, created_at) WHERE circle IS NOT NULL;

-- What counts who has it (chat_receipts.message): the negative number of a thing on a wall.
ALTER TABLE chat_said ADD COLUMN message {int};
CREATE INDEX chat_said_message ON chat_said (message) WHERE message IS NOT NULL;
