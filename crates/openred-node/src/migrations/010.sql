-- Search in posts: which words the text of a post has, as keyed hashes like those of messages.
CREATE TABLE search_posts (
  token {int} NOT NULL,
  post {int} NOT NULL,                  -- posts.id
  PRIMARY KEY (token, post)
) {clustered};
