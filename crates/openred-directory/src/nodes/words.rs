//! Words by which a node that wants it is found: lower case, letters and digits only.
//!
//! Must not know: SQL.

use crate::bounds::{MAX_SEARCH_WORDS, MAX_WORDS_PER_NODE};

/// Distinct words of the names of a node, at most [`MAX_WORDS_PER_NODE`].
pub(crate) fn of_names(username: &str, display_name: &str) -> Vec<String> {
    let mut words: Vec<String> = split(username).chain(std::iter::once(username.to_lowercase())).collect();
    words.extend(split(display_name));
    words.sort_unstable();
    words.dedup();
    words.truncate(MAX_WORDS_PER_NODE);
    words
}

/// Beginnings of words asked for, longest first: the longest narrows most and leads the search.
pub(crate) fn of_query(text: &str) -> Vec<String> {
    let mut words: Vec<String> = split(text).collect();
    words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words.dedup();
    words.truncate(MAX_SEARCH_WORDS);
    words
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_lower_case_words() {
        assert_eq!(of_names("chloe_b", "Chloé Beauvoir"), ["b", "beauvoir", "chloe", "chloe_b", "chloé"]);
        assert_eq!(of_names("ana", "Ana"), ["ana"]);
        assert_eq!(of_query("  ana   Maria-Sol "), ["maria", "ana", "sol"]);
        assert!(of_query(" ,.- ").is_empty());
    }
}
