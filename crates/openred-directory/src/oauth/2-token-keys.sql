-- Which keys sign access tokens. A key is made of this salt and the directory's own signing key, so that who reads the
-- table can sign nothing, and several processes of one directory have the same keys.
CREATE TABLE token_keys (
    period {int} NOT NULL PRIMARY KEY,    -- unix seconds / 86400: the day in which it signs
    salt {blob} NOT NULL                  -- 32 random bytes
) {strict};
