//! `$n` to `?n`. SQLite numbers `$n` by first appearance: a statement that uses `$2` before `$1` would swap its
//! values silently. Knows SQL only as far as strings, quoted names and comments.

/// Rewrites `$1`, `$2`, … to `?1`, `?2`, … outside strings, quoted names and comments.
pub(super) fn for_sqlite(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let opaque = opaque_length(rest);
        if opaque > 0 {
            out.push_str(&rest[..opaque]);
            rest = &rest[opaque..];
            continue;
        }
        let number = first == '$' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        out.push(if number { '?' } else { first });
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// Bytes of the string, quoted name or comment that `sql` begins with; 0 when it begins with none.
fn opaque_length(sql: &str) -> usize {
    let upto =
        |start: usize, end: &str| sql[start..].find(end).map_or(sql.len(), |at| start + at + end.len());
    match sql.as_bytes() {
        [b'\'', ..] => upto(1, "'"),
        [b'"', ..] => upto(1, "\""),
        [b'-', b'-', ..] => upto(2, "\n"),
        [b'/', b'*', ..] => upto(2, "*/"),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_change() {
        for (given, expected) in [
            ("SELECT $2, $1", "SELECT ?2, ?1"),
            ("SELECT '$1', \"$2\", $3", "SELECT '$1', \"$2\", ?3"),
            ("SELECT 'it''s $1' || $12", "SELECT 'it''s $1' || ?12"),
            ("-- costs $5\nSELECT $1 /* $2 */", "-- costs $5\nSELECT ?1 /* $2 */"),
            ("SELECT 'é$1' || $1", "SELECT 'é$1' || ?1"),
            ("SELECT $name, 'open", "SELECT $name, 'open"),
        ] {
            assert_eq!(for_sqlite(given), expected);
        }
    }
}
